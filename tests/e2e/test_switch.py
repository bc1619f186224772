"""Going from one conversation to the next: the right person at once, from what is kept and what was fetched ahead."""

import statistics
from dataclasses import dataclass, field

import aiohttp
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.people import Agent, fetch
from tests.e2e.traffic import Traffic
from tests.peers.hub import HubProcess

CUSTOMERS = 30
MESSAGES = 1_200
LONG = 400
"""Messages of the customer who writes most."""
MOST_NODES = 1_500
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]

# From the key or the press of the pointer to the frame that holds the other conversation: two frames after its last
# message is in the document, so that the first one has been painted.
WATCH = """
wanted => {
  window.switched = new Promise(resolve => {
    let began = null;
    const begin = event => { began ??= event.timeStamp };
    for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, begin, { capture: true, once: true });
    const look = () => {
      const log = document.querySelector('[data-testid=log]');
      if (began === null || !log?.textContent.includes(wanted)) requestAnimationFrame(look);
      else requestAnimationFrame(() => requestAnimationFrame(now =>
        resolve({ milliseconds: now - began, nodes: document.querySelector('main').querySelectorAll('*').length })));
    };
    requestAnimationFrame(look);
  });
}
"""


@dataclass
class Switches:
    """What each switch took, in milliseconds."""

    page: Page
    times: dict[str, list[float]] = field(default_factory=dict)
    nodes: int = 0

    async def to(self, how: str, words: str, *, press: str = "", click: Locator | None = None) -> None:
        """Do it, and wait until the conversation with these words is painted."""
        await self.page.evaluate(WATCH, words)
        if click is not None:
            await click.click()
        else:
            await self.page.keyboard.press(press)
        found = await self.page.evaluate("window.switched")
        self.times.setdefault(how, []).append(found["milliseconds"])
        self.nodes = max(self.nodes, found["nodes"])

    def told(self) -> str:
        lines = []
        every = [one for times in self.times.values() for one in times]
        for how, times in {**self.times, "all": every}.items():
            p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            middle = statistics.median(times)
            lines.append(f"  {how}: {len(times)} times, p50 {middle:.0f} ms, p95 {p95:.0f}, max {max(times):.0f}")
        return "\n".join(lines)


async def test_switching_shows_the_right_person_at_once(
    joana: Agent, hub: HubProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty conversations, one of 400 messages, by key and by click, the first time and again: right, and light."""
    await fill(hub)
    await joana.page.get_by_role("button", name="All").click()
    rows = joana.page.get_by_role("navigation", name="Desk").get_by_role("link")
    await expect(rows.first).to_be_visible()
    words = [words for _, words in await listed(joana.page)]
    assert len(words) == CUSTOMERS
    switches = Switches(joana.page)
    asked: list[str] = []
    joana.page.on("request", lambda request: asked.append(request.url) if "/timeline" in request.url else None)
    await switches.to("click, first time", words[0], click=rows.first)
    for how in ("first time", "seen before"):
        await joana.page.evaluate("document.activeElement.blur()")
        for place in range(1, CUSTOMERS):
            await switches.to(f"J, {how}", words[place], press="j")
        for place in range(CUSTOMERS - 2, -1, -1):
            await switches.to("K, seen before", words[place], press="k")
    for place in (1, 3, 0, 4, 2) * 3:
        await switches.to("click, seen before", words[place], click=rows.nth(place))
    with capsys.disabled():
        print(f"\nconversation switch:\n{switches.told()}")
    assert switches.nodes <= MOST_NODES
    times = sum(len(one) for one in switches.times.values())
    assert len(asked) <= times + CUSTOMERS, "more than one request a switch, and one ahead for each customer"


async def test_the_next_one_is_there_before_it_is_asked_for(joana: Agent, hub: HubProcess) -> None:
    """A hub that answers no more: the neighbour in the list and the row under the pointer are shown all the same."""
    traffic = Traffic(hub, "ahead")
    async with aiohttp.ClientSession() as http:
        for number in range(5):
            await traffic.send(http, f"ahead-{number}", number)
    await joana.page.get_by_role("button", name="All").click()
    rows = joana.page.get_by_role("navigation", name="Desk").get_by_role("link")
    await expect(rows).to_have_count(5)
    people = await listed(joana.page)
    async with joana.page.expect_response(lambda answer: f"{people[1][0]}/timeline" in answer.url):
        await rows.first.focus()
        await rows.first.press("Enter")
    async with joana.page.expect_response(lambda answer: f"{people[4][0]}/timeline" in answer.url):
        await rows.nth(4).hover()
    await joana.page.route("**/timeline?*", lambda route: route.abort())
    await joana.page.evaluate("document.activeElement.blur()")
    await joana.page.keyboard.press("j")
    await joana.sees(people[1][1])
    await rows.nth(4).click()
    await joana.sees(people[4][1])


async def fill(hub: HubProcess) -> None:
    """The customers write in turn; then the first one a great deal, and each of them once more."""
    traffic = Traffic(hub, "switch")
    async with aiohttp.ClientSession() as http:
        for number in range(MESSAGES):
            await traffic.send(http, f"turn-{number}", number % CUSTOMERS)
        for number in range(LONG):
            await traffic.send(http, f"long-{number}", 0)
        for number in range(CUSTOMERS):
            await traffic.send(http, f"last-{number:02}", number)


async def listed(page: Page) -> list[tuple[str, str]]:
    """Customer and last message of each conversation, as the list has them from top to bottom."""
    snapshot = await fetch(page, "/api/snapshot")
    assert isinstance(snapshot, dict)
    rows = sorted(snapshot["rows"], key=lambda row: row["interaction"]["waiting_since"])
    return [(row["interaction"]["customer_id"], row["interaction"]["preview"]) for row in rows]
