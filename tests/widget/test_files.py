"""Widget: files go up with their limits told first, can be called off, and come down only through the visit."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hub.events import Attachment, MessageReceived
from tests.e2e.people import Customer
from tests.widget.shop import Shop

pytestmark = pytest.mark.browser
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff"
    "56c72f0d0000000049454e44ae426082"
)
DROP = """([name, type, how, size]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(size)], name, { type }));
    const field = document.querySelector("textarea");
    const options = { bubbles: true, cancelable: true };
    if (how === "paste") field.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
    else for (const what of ["dragover", "drop"])
        field.dispatchEvent(new DragEvent(what, { ...options, dataTransfer: data }));
}"""


async def pick(customer: Customer, name: str, kind: str, content: bytes) -> None:
    files = {"name": name, "mimeType": kind, "buffer": content}
    await customer.chat.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as a FilePayload


async def test_a_picture_is_sent_and_shown(shop: Shop, customer: Customer) -> None:
    """Picked, with words; both come back after a reload, loaded with the visit's token."""
    await pick(customer, "lamp.png", "image/png", PNG)
    await customer.field.fill("The shade is cracked")
    await expect(customer.chat.get_by_role("button", name="Remove lamp.png")).to_be_visible()
    await expect(customer.chat.locator("progress")).to_have_count(0)
    await customer.field.press("Enter")
    data = (await shop.line.until_kept(1))[0].data
    assert isinstance(data, MessageReceived)
    assert (data.text, [file.name for file in data.attachments]) == ("The shade is cracked", ["lamp.png"])
    await expect(customer.log.get_by_role("img", name="lamp.png")).to_be_visible()
    await customer.open()
    await expect(customer.log.get_by_role("img", name="lamp.png")).to_be_visible()


async def test_an_agents_document_is_saved_by_name(shop: Shop, customer: Customer, tmp_path: Path) -> None:
    """Shown with its size; saved as what it is called, only on demand."""
    await customer.say("Hello")
    await shop.line.until_kept(1)

    async def content() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7"

    file = await shop.line.store_media(content(), "Rechnung März.pdf", "application/pdf")
    shop.answer("Your invoice", files=(file,))
    async with customer.page.expect_download() as saving:
        await customer.log.get_by_role("button", name="Rechnung März.pdf 1 kB").click()
    saved = await saving.value
    await saved.save_as(tmp_path / "saved")
    assert (saved.suggested_filename, (tmp_path / "saved").read_bytes()) == ("Rechnung März.pdf", b"%PDF-1.7")


async def test_limits_are_told_before_and_kept(customer: Customer) -> None:
    """Beside the button; a wrong type, a huge and an empty file are refused without a byte sent."""
    button = customer.chat.get_by_role("button", name="Attach file")
    hint = re.compile("PNG, JPEG.*DOCX, XLSX, up to 20 MB each")
    await expect(button).to_have_accessible_description(hint)
    await button.hover()
    await expect(customer.chat.locator("#hint")).to_be_visible()
    await pick(customer, "run.exe", "application/x-msdownload", b"MZ")
    await expect(customer.chat.get_by_role("alert").first).to_contain_text("run.exe can’t be sent here. PNG")
    await customer.page.frames[-1].evaluate(DROP, ["film.mp4", "video/mp4", "drop", 20_000_001])
    await expect(customer.chat.get_by_role("alert").nth(1)).to_have_text("film.mp4 is larger than 20 MB.")
    await pick(customer, "void.txt", "text/plain", b"")
    await expect(customer.chat.get_by_role("alert").nth(2)).to_have_text("void.txt is empty.")
    for name in ("run.exe", "film.mp4", "void.txt"):
        await customer.chat.get_by_role("button", name=f"Remove {name}").click()
    await expect(customer.chat.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("how", ["drop", "paste"])
async def test_files_are_dropped_and_pasted(shop: Shop, customer: Customer, how: str) -> None:
    """One of a few ways; the field keeps its text."""
    await customer.field.fill("Here it is")
    await customer.page.frames[-1].evaluate(DROP, ["note.txt", "text/plain", how, 5])
    await expect(customer.chat.get_by_role("button", name="Remove note.txt")).to_be_visible()
    await expect(customer.chat.locator("progress")).to_have_count(0)
    await customer.chat.get_by_role("button", name="Send").click()
    data = (await shop.line.until_kept(1))[0].data
    assert isinstance(data, MessageReceived)
    assert (data.text, [file.name for file in data.attachments]) == ("Here it is", ["note.txt"])


async def test_an_upload_shows_its_way_and_can_be_called_off(shop: Shop, customer: Customer) -> None:
    """Held half way: a bar, no sending; called off, the file is gone and the words can go."""
    going = asyncio.Event()
    store = shop.line.store_media

    async def hold(content: AsyncIterator[bytes], name: str, declared_type: str) -> Attachment:
        going.set()
        await asyncio.Event().wait()
        raise AssertionError

    shop.line.store_media = hold  # type: ignore[method-assign]  # an upload that does not end
    await customer.field.fill("With a file")
    await pick(customer, "film.mp4", "video/mp4", bytes(5_000_000))
    await going.wait()
    bar = customer.chat.get_by_role("progressbar", name="Uploading film.mp4")
    await expect(bar).to_be_visible()
    await customer.field.press("Enter")
    await expect(customer.field).to_have_value("With a file")
    await customer.chat.get_by_role("button", name="Remove film.mp4").click()
    await expect(bar).to_have_count(0)
    shop.line.store_media = store  # type: ignore[method-assign]  # as it was
    await customer.field.press("Enter")
    await shop.line.until_kept(1)
    assert shop.texts == ["With a file"]


async def test_an_upload_that_failed_is_tried_again(shop: Shop, customer: Customer) -> None:
    """The line is cut on the way: words and a button; the second try goes through."""
    await shop.relay.cut()
    shop.relay.is_open = False
    await pick(customer, "note.txt", "text/plain", b"hello")
    await expect(customer.chat.get_by_role("alert")).to_have_text("note.txt did not go through.")
    shop.relay.is_open = True
    await customer.chat.get_by_role("button", name="Retry").click()
    await expect(customer.chat.get_by_role("alert")).to_have_count(0)
    await customer.chat.get_by_role("button", name="Send").click()
    data = (await shop.line.until_kept(1))[0].data
    assert isinstance(data, MessageReceived)
    assert [file.name for file in data.attachments] == ["note.txt"]
