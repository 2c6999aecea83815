import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import { startChaosProxy } from "../../src/testing/chaos-proxy.ts";
import { startAccount, startVerifier, type Changes } from "../conformance/account.ts";
import { launchBrowser } from "../support/browser.ts";
import { packedPage } from "../support/chat-page.ts";
import { startEdge } from "../support/edge-sockets.ts";
import { answers, enter, eventually, pageOf, say, visit } from "../support/page-visit.ts";
import { createScriptedAgent, type ScriptedTurn } from "../support/scripted-agent.ts";

const story = "Once upon a time there was a mill whose wheel went on turning while everybody in the village slept.";
const report = ["# The mill", "", "It **turns**, see [its page](https://mill.example/) and [not this](javascript:alert(1)).", "", "```js", "turn(7);", "```", "", "<img src=x onerror=alert(2)>"].join("\n");

/** Says what the message asks for. */
async function answer({ request: { inbound }, reply, signal }: ScriptedTurn): Promise<{ ended: "completed" | "aborted" }> {
  reply.started();
  if (inbound.content.includes("story")) {
    const words = story.split(" ");
    for (const at of words.keys()) {
      reply.partial(words.slice(0, at + 1).join(" "));
      await new Promise((resolve) => void setTimeout(resolve, 60));
      if (signal.aborted) return { ended: "aborted" };
    }
    reply.payload({ text: story });
  } else if (inbound.content.includes("report")) {
    reply.thought("The mill **first**.");
    reply.activity({ id: "t1", tool: "read_file", status: "started" });
    reply.activity({ id: "t1", tool: "read_file", status: "completed" });
    reply.payload({ text: report });
  } else {
    const files = inbound.media.map((item) => ("name" in item ? item.name : "?"));
    reply.payload({ text: `You said: ${inbound.content}${files.length > 0 ? ` with ${files.join(", ")}` : ""}${inbound.quote?.body === undefined ? "" : ` about ${inbound.quote.body}`}` });
  }
  return { ended: "completed" };
}

let browser: Browser;
const running: { stop(): Promise<void> }[] = [];

async function start(changes: Changes = {}): Promise<RunningAccount<unknown>> {
  const account = await startAccount({ playground: true, ...changes }, createScriptedAgent({ answer }));
  running.push(account);
  return account;
}

beforeAll(async () => {
  [browser] = await Promise.all([launchBrowser(), packedPage()]);
}, 60_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

afterAll(() => browser.close());

describe("the chat page", { timeout: 30_000 }, () => {
  it("shows an answer while it is written, loads nothing but itself, and gives its browser nothing to complain of", async () => {
    const account = await start();
    const { page, requests, complaints } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "a long story");
    await page.locator(".entry.agent .writing").waitFor();
    await eventually(async () => (await answers(page))[0]?.length).toBeGreaterThan(12);
    expect(story.startsWith((await answers(page))[0]?.trim() ?? "?")).toBe(true);
    expect(await page.locator(".entry.agent .writing").count()).toBe(1);
    await eventually(() => answers(page)).toEqual([story]);
    await eventually(() => page.locator(".entry.agent .writing").count()).toBe(0);
    expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([pageOf(account.url), `${account.url}?senderId=mara`]);
    expect(complaints).toEqual([]);
  });

  it("draws markdown and code, and nothing that could run", async () => {
    const account = await start();
    const { page, complaints } = await visit(browser, pageOf(account.url), { permissions: ["clipboard-read", "clipboard-write"] });
    await enter(page, "mara");
    await say(page, "a report, please");
    const said = page.locator(".entry.agent .said > .markdown");
    await said.waitFor();
    expect(await said.locator("h3").innerText()).toBe("The mill");
    expect(await said.locator("strong").innerText()).toBe("turns");
    expect(await said.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual(["https://mill.example/"]);
    expect([await said.locator("img").count(), await said.innerText()]).toEqual([0, expect.stringContaining("<img src=x onerror=alert(2)>")]);
    await said.getByRole("button", { name: "Copy" }).click();
    await said.getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("turn(7);");
    expect(complaints).toEqual([]);
  });

  it("WS-33 shows thoughts folded, and tools at work", async () => {
    const account = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "a report, please");
    await page.getByText("Thoughts").waitFor();
    expect(await page.locator(".thought .markdown").isVisible()).toBe(false);
    await page.getByText("Thoughts").click();
    expect(await page.locator(".thought .markdown").innerText()).toBe("The mill first.");
    expect(await page.getByRole("list", { name: "Tools" }).innerText()).toMatch(/read_file\s+done/);
  });

  it("WS-14 WS-20 goes on with an answer when its connection is cut, and says when it dials", async () => {
    const account = await start();
    const proxy = await startChaosProxy({ target: Number(new URL(account.url).port) });
    running.push(proxy);
    const { page } = await visit(browser, `${proxy.url.replace(/^ws/, "http")}ws/playground`);
    await enter(page, "mara");
    await say(page, "a long story");
    await eventually(async () => (await answers(page))[0]?.length).toBeGreaterThan(12);
    proxy.apply({ fault: "refuse", forMs: 1_500 });
    proxy.apply({ fault: "reset" });
    await page.getByRole("status").getByText("Not connected").waitFor();
    expect(await page.locator(".status").innerText()).toMatch(/again in \d+ s/);
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
    await eventually(() => answers(page)).toEqual([story]);
    expect(await page.locator(".entry.me .said").allInnerTexts()).toEqual(["a long story"]);
  });

  it("WS-14 loses nothing and asks nothing twice when it is loaded anew in the middle of an answer", async () => {
    const account = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "hello");
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    await say(page, "a long story");
    await eventually(async () => (await answers(page))[1]?.length).toBeGreaterThan(12);
    await page.reload();
    await eventually(() => answers(page)).toEqual(["You said: hello", story]);
    expect(await page.locator(".entry.me .said").allInnerTexts()).toEqual(["hello", "a long story"]);
    expect(await page.locator(".failed").count()).toBe(0);
  });

  it("judges every frame, says what is wrong with one sent by hand, and explains its message", async () => {
    const account = await start();
    const { page, complaints } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "hello");
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    await page.getByRole("button", { name: "Frames" }).click();
    const types = await page.locator(".frame .line code").allInnerTexts();
    expect(types).toEqual(["chat.hello", "chat.welcome", "chat.send", "chat.typing", "chat.typing", "chat.response"]);
    expect(await page.locator(".frame.invalid").count()).toBe(0);
    await page.getByLabel("A frame by hand").fill('{"type":"chat.send","content":"x","mediaPaths":["a",7]}');
    expect(await page.locator(".byhand .hint").innerText()).toContain("mediaPaths[1]");
    await page.getByRole("button", { name: "Send as it is" }).click();
    expect(await page.locator(".frame.sent.invalid .fault").innerText()).toContain("mediaPaths[1]");
    await page.locator(".frame.received", { hasText: "chat.error" }).waitFor();
    await page.locator(".frame.sent.invalid .line").click();
    expect(await page.locator(".frame.sent.invalid pre").innerText()).toContain('"mediaPaths": [');
    await page.getByRole("button", { name: "What chat.send means" }).click();
    const chosen = page.locator(".docs .chosen");
    expect(await chosen.locator("h4").innerText()).toBe("chat.send");
    expect(await page.evaluate("document.activeElement.matches('.chosen')")).toBe(true);
    expect(await chosen.innerText()).toContain("A repeat within five minutes is answered, not run again");
    expect(complaints).toEqual([]);
  });

  it("shows what the gateway says wrongly", async () => {
    const edge = await startEdge({
      page: { read: packedPage, settings: { auth: "off" } },
      frame: (_text, connection) => {
        connection.send('{"type":"chat.welcome","extensions":[],"senderId":"mara"}');
        connection.send('{"type":"chat.stream","messageId":5,"content":"x","done":false}');
      },
    });
    running.push(edge);
    const { page } = await visit(browser, pageOf(edge.url));
    await enter(page, "mara");
    await page.getByRole("alert").getByText("expected messageId to be a string").waitFor();
    await page.getByRole("button", { name: "Frames" }).click();
    const wrong = page.locator(".frame.received.invalid");
    expect(await wrong.count()).toBe(1);
    expect(await wrong.innerText()).toMatch(/chat\.stream[^]*invalid[^]*messageId/);
  });

  it("WS-20 keeps the conversations of two tabs of one sender apart, and gives what one left behind to the other", async () => {
    const account = await start();
    const one = await visit(browser, pageOf(account.url));
    const other = await visit(browser, pageOf(account.url));
    await enter(one.page, "mara");
    await enter(other.page, "mara");
    await say(one.page, "from the first");
    await say(other.page, "from the second");
    await eventually(() => answers(one.page)).toEqual(["You said: from the first"]);
    await eventually(() => answers(other.page)).toEqual(["You said: from the second"]);
    await say(one.page, "a long story");
    await eventually(async () => (await answers(one.page))[1]?.length).toBeGreaterThan(12);
    await one.page.close();
    await eventually(async () => (await answers(other.page)).at(-1)).toEqual(story);
    expect(await answers(other.page)).toEqual(["You said: from the second", story]);
  });

  it("sends files with their names and sizes, and refuses more than a frame has room for", async () => {
    const account = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    const picker = page.locator("input[type=file]");
    await picker.setInputFiles({ name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(900_000) });
    expect(await page.locator(".composer .fault").innerText()).toContain("750 KB");
    await picker.setInputFiles([
      { name: "plan.png", mimeType: "image/png", buffer: Buffer.alloc(2_345, 7) },
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("seven") },
    ]);
    await page.getByRole("button", { name: "Remove notes.txt" }).click();
    await say(page, "look");
    await eventually(() => answers(page)).toEqual(["You said: look with plan.png"]);
    expect(await page.locator(".entry.me .files").innerText()).toMatch(/plan\.png\s+2\.3 KB/);
  });

  it("WS-24 WS-25 talks in groups with others, and quotes", async () => {
    const account = await start();
    const tabs = await Promise.all(["mara", "ann"].map(async (senderId) => {
      const { page } = await visit(browser, pageOf(account.url));
      await enter(page, senderId);
      await page.getByRole("button", { name: "Join a group" }).click();
      await page.getByLabel("Id of the group").fill("reading-club");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "reading-club", level: 1 }).waitFor();
      return page;
    }));
    const [mara, ann] = tabs;
    if (!mara || !ann) throw new Error("no tabs");
    await say(mara, "Shall we read poetry?");
    await ann.locator(".entry.other").getByText("Shall we read poetry?").waitFor();
    await eventually(() => answers(ann)).toEqual(["You said: Shall we read poetry?"]);
    await ann.locator(".entry.other").getByRole("button", { name: "Answer this message" }).click();
    expect(await ann.locator(".composer .quote").innerText()).toContain("Shall we read poetry?");
    await say(ann, "Agreed");
    await mara.locator(".entry.other").getByText("Agreed").waitFor();
    expect(await ann.locator(".entry.me .quote").innerText()).toContain("mara");
    await eventually(async () => (await answers(ann)).at(-1)).toBe("You said: Agreed about Shall we read poetry?");
    await mara.getByRole("button", { name: "Agent", exact: true }).click();
    await say(ann, "Prose, then");
    await eventually(() => mara.locator(".count").innerText()).toMatch(/^[12]/);
  });

  it("WS-29 stops the agent, whose answer is what it has said", async () => {
    const account = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "a long story");
    await eventually(async () => (await answers(page))[0]?.length).toBeGreaterThan(12);
    await page.getByRole("button", { name: "Stop the agent" }).click();
    await eventually(() => page.getByRole("button", { name: "Stop the agent" }).count()).toBe(0);
    const [said = ""] = await answers(page);
    expect([story.startsWith(said), said.length > 12, said.length < story.length]).toEqual([true, true, true]);
  });

  it("WS-35 WS-36 edits, deletes and reacts", async () => {
    const account = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "helo");
    await eventually(() => answers(page)).toEqual(["You said: helo"]);
    const mine = page.locator(".entry.me");
    await mine.getByRole("button", { name: "Edit" }).click();
    await say(page, "hello");
    await mine.getByText("edited").waitFor();
    expect(await mine.locator(".said").innerText()).toBe("hello");
    await page.locator(".entry.agent").getByRole("button", { name: "React" }).click();
    await page.keyboard.press("Enter");
    expect(await page.getByRole("list", { name: "Reactions" }).innerText()).toContain("👍");
    await mine.getByRole("button", { name: "Delete" }).click();
    await mine.getByText("Deleted").waitFor();
  });

  it("WS-3 asks for a token, shows it to the gateway as a subprotocol, and forgets it with the tab", async () => {
    const verifier = await startVerifier((token) => ({ body: token === "good" ? { success: true, data: { userId: "u_9" } } : { success: false, error: "unknown" } }));
    running.push(verifier);
    const account = await start({ auth: { enabled: true, required: true, endpoint: verifier.endpoint } });
    const { page, requests } = await visit(browser, pageOf(account.url));
    expect(await page.getByLabel("Your sender id").count()).toBe(0);
    await page.getByLabel("Token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("does not accept the token").waitFor();
    await page.getByLabel("Token").fill("good");
    await page.keyboard.press("Enter");
    await page.locator(".self").getByText("u_9").waitFor();
    expect(verifier.asked.map(({ token }) => token)).toEqual(["wrong", "good"]);
    expect([page.url(), ...requests].filter((url) => /good|wrong/.test(url))).toEqual([]);
    expect(await page.evaluate("JSON.stringify(localStorage) + document.cookie")).not.toContain("good");
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByLabel("Token").waitFor();
    await eventually(() => page.evaluate("JSON.stringify(sessionStorage)")).toBe("{}");
  });
});
