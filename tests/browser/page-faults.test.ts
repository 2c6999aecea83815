import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningAccount } from "../../src/account/account.ts";
import { startChaosProxy } from "../../src/testing/chaos-proxy.ts";
import { startAccount, startVerifier, type Changes } from "../conformance/account.ts";
import { launchBrowser } from "../support/browser.ts";
import { packedPage } from "../support/chat-page.ts";
import { answers, enter, eventually, pageOf, say, visit } from "../support/page-visit.ts";
import { createScriptedAgent, type Script, type ScriptedAgent } from "../support/scripted-agent.ts";

let browser: Browser;
const running: { stop(): Promise<void> }[] = [];

/** An account whose agent waits for the test where it gets no script. */
async function start(script: Script = {}, changes: Changes = {}): Promise<{ account: RunningAccount<unknown>; agent: ScriptedAgent }> {
  const agent = createScriptedAgent(script);
  const account = await startAccount({ playground: true, ...changes }, agent);
  running.push(account);
  return { account, agent };
}

const echo: Script = {
  answer({ request: { inbound }, reply }) {
    reply.payload({ text: `You said: ${inbound.content}` });
    return { ended: "completed" };
  },
};

beforeAll(async () => {
  [browser] = await Promise.all([launchBrowser(), packedPage()]);
}, 60_000);

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

afterAll(() => browser.close());

describe("the chat page when something is wrong", { timeout: 30_000 }, () => {
  it("shows an answer that no parser takes as it was written, also after a reload", async () => {
    const { account } = await start({
      answer({ request: { inbound }, reply }) {
        reply.payload({ text: `${inbound.content.repeat(2_000)}x` });
        return { ended: "completed" };
      },
    });
    const { page, complaints } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    for (const mark of [">", "- ", "**"]) await say(page, mark);
    await eventually(() => answers(page)).toHaveLength(3);
    // How deep a parser gets is its machine's affair.
    expect((await answers(page))[0]).toContain(`${">".repeat(1_900)}x`);
    await page.reload();
    await eventually(() => answers(page)).toHaveLength(3);
    await say(page, "y");
    await eventually(() => answers(page)).toHaveLength(4);
    expect(complaints).toEqual([]);
  });

  it("shows every other message where one cannot be drawn", async () => {
    const { account } = await start(echo);
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "hello");
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    // A time that is none: no part of the page expects it.
    await page.addInitScript("for (const key of Object.keys(sessionStorage)) sessionStorage[key] = sessionStorage[key].replace(/\"at\":\\d+/, '\"at\":\"never\"')");
    await page.reload();
    await page.getByText("This message cannot be shown.").waitFor();
    expect(await page.locator(".entry").first().innerText()).toContain("hello");
    expect(await answers(page)).toEqual(["You said: hello"]);
    await say(page, "again");
    await eventually(() => answers(page)).toEqual(["You said: hello", "You said: again"]);
  });

  it("WS-14 does not ask again after a reload for what the gateway may have forgotten meanwhile, however long the page was there", async () => {
    const { account, agent } = await start();
    const proxy = await startChaosProxy({ target: Number(new URL(account.url).port) });
    running.push(proxy);
    const { page } = await visit(browser, pageOf(`${proxy.url}ws`));
    await page.clock.install();
    await page.reload();
    await enter(page, "mara");
    await say(page, "hello");
    await eventually(async () => agent.running.length).toBe(1);
    proxy.apply({ fault: "refuse", forMs: 60_000 });
    proxy.apply({ fault: "reset" });
    await page.getByRole("status").getByText("Not connected").waitFor();
    await page.clock.fastForward(6 * 60_000);
    proxy.calm();
    await page.reload();
    await page.locator(".entry.me .fault").getByText("unknown_outcome").waitFor();
    await page.getByRole("status").getByText("Connected").waitFor();
    expect(agent.began).toHaveLength(1);
  });

  it("WS-4 WS-14 does not ask again after a reload as somebody else", async () => {
    const verifier = await startVerifier(() => ({ body: { success: false, error: "unknown" } }));
    running.push(verifier);
    const { account, agent } = await start({}, { auth: { enabled: true, required: false, endpoint: verifier.endpoint } });
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await say(page, "hello");
    await eventually(async () => agent.running.length).toBe(1);
    await page.reload();
    await page.locator(".entry.me .fault").getByText("unknown_outcome").waitFor();
    await say(page, "and now?");
    await eventually(async () => agent.began.length).toBe(2);
    expect(agent.running.map(({ request }) => request.inbound.content)).toEqual(["hello", "and now?"]);
  });

  it("WS-14 says after a reload what it could not say before it", async () => {
    const { account, agent } = await start(echo);
    const proxy = await startChaosProxy({ target: Number(new URL(account.url).port) });
    running.push(proxy);
    const { page } = await visit(browser, pageOf(`${proxy.url}ws`));
    proxy.apply({ fault: "refuse", forMs: 60_000 });
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("status").getByText("Not connected").waitFor();
    await say(page, "hello");
    await page.getByText("not there yet").waitFor();
    proxy.calm();
    await page.reload();
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    expect(agent.began).toHaveLength(1);
  });

  it("WS-24 says to those who follow a group that the agent has failed another member", async () => {
    const { account, agent } = await start();
    const [asking, following] = [await visit(browser, pageOf(account.url)), await visit(browser, pageOf(account.url))];
    for (const [{ page }, name] of [[asking, "mara"], [following, "ann"]] as const) {
      await enter(page, name);
      await join(page, "reading-club");
    }
    await say(asking.page, "Shall we read poetry?");
    await eventually(async () => agent.running.length).toBe(1);
    agent.running[0]?.reply.started();
    await following.page.locator(".entry.agent .writing").waitFor();
    agent.running[0]?.end({ ended: "failed", error: "no model" });
    await following.page.locator(".entry.agent .fault").getByText("agent_error").waitFor();
    expect(await following.page.locator(".entry.agent .writing").count()).toBe(0);
    expect([await asking.page.getByRole("button", { name: "Ask again" }).count(), await following.page.getByRole("button", { name: "Ask again" }).count()]).toEqual([1, 0]);
  });

  it("shows an answer of a group that was left in no other conversation", async () => {
    const { account, agent } = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await join(page, "reading-club");
    await say(page, "Shall we read poetry?");
    await page.locator(".entry.agent .writing").waitFor();
    await page.getByRole("button", { name: "Leave" }).click();
    await say(page, "hello");
    await eventually(async () => agent.running.length).toBe(2);
    for (const { reply, request, end } of agent.running) {
      reply.partial(`You said`);
      reply.payload({ text: `You said: ${request.inbound.content}` });
      end();
    }
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    expect(await page.locator(".talk").allInnerTexts()).toEqual(["Agent", "Join a group"]);
  });

  it("keeps a group in which nothing was said, and forgets one that was left, also after a reload", async () => {
    const { account } = await start(echo);
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await join(page, "silent");
    await page.reload();
    await page.getByRole("heading", { name: "silent", level: 1 }).waitFor();
    await say(page, "hello");
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    await page.reload();
    await eventually(() => answers(page)).toEqual(["You said: hello"]);
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("heading", { name: "Agent", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("status").getByText("Connected").waitFor();
    expect(await page.locator(".talk").allInnerTexts()).toEqual(["Agent", "Join a group"]);
  });

  it("names a file that cannot be read, and reads none that is too large", async () => {
    const { account } = await start(echo);
    const { page, complaints } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    // What a folder does that was dropped, which no test can drop.
    await page.evaluate("(() => { const read = FileReader.prototype.readAsDataURL; window.asked = []; FileReader.prototype.readAsDataURL = function (file) { asked.push(file.name); if (file.name === 'folder') setTimeout(() => this.dispatchEvent(new ProgressEvent('error'))); else read.call(this, file); }; })()");
    const picker = page.locator("input[type=file]");
    await picker.setInputFiles({ name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(900_000) });
    await page.locator(".composer .fault").getByText("750 KB").waitFor();
    expect(await page.evaluate("asked")).toEqual([]);
    await picker.setInputFiles([{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("seven") }, { name: "folder", mimeType: "", buffer: Buffer.alloc(1) }]);
    await page.locator(".composer .fault").getByText("folder cannot be read").waitFor();
    await picker.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("seven") });
    await page.getByRole("button", { name: "Remove notes.txt" }).waitFor();
    expect([await page.locator(".composer .fault").count(), complaints]).toEqual([0, []]);
  });

  it("adds files that come while others are read, and no more than there is room for", async () => {
    const { account } = await start(echo);
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    const drop = (name: string, bytes: number) => `(() => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(${bytes})], '${name}')); document.querySelector('.composer').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); })()`;
    await page.evaluate(`${drop("one", 400_000)}; ${drop("two", 10)}; ${drop("three", 400_000)}`);
    await page.locator(".composer .fault").getByText("750 KB").waitFor();
    await eventually(async () => (await page.locator(".composer .files .cut").allInnerTexts()).length).toBe(2);
    expect(await page.locator(".composer .files .cut").allInnerTexts()).toContain("two");
  });

  it("says that asking again leaves the files behind", async () => {
    const { account, agent } = await start();
    const { page } = await visit(browser, pageOf(account.url));
    await enter(page, "mara");
    await page.locator("input[type=file]").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("seven") });
    await page.getByRole("button", { name: "Remove notes.txt" }).waitFor();
    await say(page, "look");
    await eventually(async () => agent.running.length).toBe(1);
    agent.running[0]?.end({ ended: "failed", error: "no model" });
    await page.getByRole("button", { name: "Ask again without the files" }).click();
    await eventually(async () => agent.running.length).toBe(1);
    expect(agent.running[0]?.request.inbound).toMatchObject({ content: "look", media: [] });
  });

  it("takes what is said before its first picture", async () => {
    const { account } = await start(echo);
    const { page, complaints } = await visit(browser, pageOf(account.url));
    await page.getByLabel("Your sender id").waitFor();
    // Within one task: no picture comes between.
    await page.evaluate(`(async () => {
      const drawn = async () => { for (let step = 0; step < 20; step += 1) await undefined; };
      document.querySelector("form").requestSubmit();
      await drawn();
      const field = document.querySelector("#say");
      field.value = "at once";
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await drawn();
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    })()`);
    await eventually(() => answers(page)).toEqual(["You said: at once"]);
    expect(complaints).toEqual([]);
  });

  it("forgets with a token what was said with it", async () => {
    const verifier = await startVerifier(() => ({ body: { success: true, data: { userId: "u_9" } } }));
    running.push(verifier);
    const { account } = await start(echo, { auth: { enabled: true, required: true, endpoint: verifier.endpoint } });
    const { page } = await visit(browser, pageOf(account.url));
    await page.getByLabel("Token").fill("good");
    await page.keyboard.press("Enter");
    await say(page, "a secret");
    await eventually(() => answers(page)).toEqual(["You said: a secret"]);
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByLabel("Token").waitFor();
    // What is written after a picture is written by then.
    await page.evaluate("new Promise((done) => setTimeout(done, 300))");
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).toBe("{}");
  });
});

async function join(page: Page, group: string): Promise<void> {
  await page.getByRole("button", { name: "Join a group" }).click();
  await page.getByLabel("Id of the group").fill(group);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: group, level: 1 }).waitFor();
}
