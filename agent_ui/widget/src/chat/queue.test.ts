import { beforeEach, describe, expect, it } from "vitest";

import { Kept } from "./kept";
import { Queue } from "./queue";

const queue = () => new Queue(new Kept("x:"));
const ids = (of: Queue) => of.all().map((one) => one.message.client_id);
const say = (of: Queue, client_id: string, now = 1000) => of.add({ client_id, text: client_id }, [], now);

beforeEach(() => localStorage.clear());

describe("the queue", () => {
  it("keeps the order of saying, also within one millisecond and when the clock goes back", () => {
    const here = queue();
    say(here, "b");
    say(here, "a");
    say(here, "c", 10);
    expect(ids(here)).toEqual(["b", "a", "c"]);
  });

  it("survives a reload", () => {
    say(queue(), "a");
    expect(queue().next()?.message).toEqual({ client_id: "a", text: "a" });
  });

  it("holds back nothing because one was refused; tried again, that one goes last", () => {
    const here = queue();
    say(here, "a");
    say(here, "b");
    here.refuse(here.all()[0]!, "too long");
    expect(here.next()?.message.client_id).toBe("b");
    here.again("a", 2000);
    expect(ids(here)).toEqual(["b", "a"]);
    expect(here.all()[1]?.problem).toBeUndefined();
  });

  it("lets go of what stands in the log (acknowledgement lost on the way)", () => {
    const here = queue();
    say(here, "a");
    say(here, "b");
    here.settle([{ position: 1, event_id: "e", by: "customer", text: "", at: "", client_id: "a" }]);
    expect(ids(here)).toEqual(["b"]);
  });

  it("loses nothing when two tabs write at once", () => {
    const here = queue();
    const there = queue();
    say(here, "a");
    const [one] = there.all();
    say(here, "b");
    there.refuse(one!, "no");
    there.remove("a");
    expect(ids(here)).toEqual(["b"]);
  });

  it("passes over an entry it can't read (garbled)", () => {
    const here = queue();
    say(here, "a");
    localStorage.setItem("x:out:b", "{");
    expect(ids(here)).toEqual(["a"]);
  });

  it("belongs to one owner: what one user wrote is not another's", () => {
    say(queue(), "a");
    expect(new Queue(new Kept("y:")).all()).toEqual([]);
  });
});
