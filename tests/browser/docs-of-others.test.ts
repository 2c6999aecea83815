import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildSite, type Site } from "../../codegen/docs/site.ts";
import { runCodegen } from "../../codegen/run.ts";
import { launchBrowser } from "../support/browser.ts";
import { soundConfig, soundDocument, soundShared, Workshop } from "../unit/codegen/workshop.ts";

/** What would break out of a page if anything let it. */
const evil = `<script>document.title = "taken"</script> "quoted" 'too' </style> <img src="https://example.invalid/a.png" onerror="document.title = 'taken'"> & done`;
const quoted = JSON.stringify(evil);

const document = soundDocument
  .replace("title: Lamp,", `title: ${quoted}, description: ${quoted},`)
  .replace("title: Switch the lamp", `title: ${quoted}\n      summary: ${quoted}\n      description: ${quoted}`)
  .replace("id: { type: string,", `id: { description: ${quoted}, type: string,`)
  .replace("x-limits:\n  level: { value: 9, unit: steps, description: Brightest. }", `x-limits:\n  level: { value: 9, unit: ${quoted}, description: ${quoted} }`);

const workshop = new Workshop().write({
  "spec/lamp.asyncapi.yaml": document,
  "spec/shared/lamp.yaml": soundShared,
  "spec/config/lamp.yaml": soundConfig.replace("description: Port.", `description: ${quoted}`),
  "spec/rules/lamp.md": `# Rules\n\n${evil}\n\n## Light\n\n- **LA-1** After \`lamp.switch\` the lamp is lit. ${evil}\n`,
  "spec/examples/lamp/lit.conversation.jsonl": `${JSON.stringify({ from: "application", text: evil })}\n${JSON.stringify({ from: "plugin", frame: { type: "lamp.state", level: 3, note: evil } })}\n`,
});

let browser: Browser;
let site: Site;

beforeAll(async () => {
  const request = { root: workshop.root, documents: [path.join(workshop.root, "spec/lamp.asyncapi.yaml")], own: true };
  [browser, site] = await Promise.all([launchBrowser(), buildSite(request)]);
  mkdirSync(path.join(workshop.root, "site"));
  for (const [file, text] of site.files) writeFileSync(path.join(workshop.root, "site", file), text);
}, 120_000);

afterAll(async () => {
  await browser.close();
  workshop.remove();
});

/** Opens a page and says what it wanted from elsewhere, with what became of that. */
async function open(file: string): Promise<{ page: Page; outside: () => Promise<(string | undefined)[]> }> {
  const page = await browser.newPage();
  const requests: Request[] = [];
  page.on("request", (request) => requests.push(request));
  await page.goto(pathToFileURL(path.join(workshop.root, "site", file)).href);
  await page.waitForLoadState("load");
  const outside = () => Promise.all(requests.filter((request) => !request.url().startsWith("file:")).map(async (request) => ((await request.response()) ? "answered" : request.failure()?.errorText)));
  return { page, outside };
}

describe("the documentation of any document", { timeout: 60_000 }, () => {
  it("is made of a document that has nothing wrong", () => {
    expect(site.findings).toEqual([]);
    expect([...site.files.keys()]).toContain("lamp.html");
  });

  it("shows markup in a text as text, wherever the text stands", async () => {
    for (const file of ["index.html", "lamp.html"]) {
      const { page, outside } = await open(file);
      expect(await page.title()).not.toBe("taken");
      expect(await outside()).toEqual([]);
      expect(await page.locator("img, main script, main style").count()).toBe(0);
      expect(await page.locator("body").innerText()).toContain(evil);
    }
    const { page } = await open("lamp.html");
    for (const place of [".overview", ".message .title", ".message .summary", '[id="type-Switch.id"]', "#limits", "#config-port", "#rules", '[id="message-lamp.switch"] .binding', ".conversation"])
      expect(await page.locator(place).first().innerText(), place).toContain('<script>document.title = "taken"</script>');
  });

  it("shows markup in what is found as text", async () => {
    const { page } = await open("lamp.html");
    await page.keyboard.press("/");
    await page.keyboard.type("la-1");
    const found = page.locator("#results [role=option]").first();
    await found.waitFor();
    expect(await found.innerText()).toContain("<script>");
    expect(await page.title()).not.toBe("taken");
  });

  it("lets no script of a text run, and loads nothing from elsewhere, on the official page either", async () => {
    const { page, outside } = await open("lamp.asyncapi.html");
    expect(await page.title()).not.toBe("taken");
    expect(new Set(await outside())).toEqual(new Set(["csp"]));
    expect(await page.locator("#asyncapi").innerText()).toContain("State of the lamp");
  });

  it("comes with the document as one file, of which the same code is generated", async () => {
    const bundle = site.files.get("lamp.asyncapi.yaml") ?? "";
    expect(bundle).not.toContain("lamp.yaml");
    expect(parse(bundle)).toMatchObject({ components: { schemas: { State: { required: ["type", "level"] } } } });
    workshop.write({ "bundled/lamp.asyncapi.yaml": bundle });
    const options = { own: false, check: false } as const;
    const generate = (folder: string) =>
      runCodegen({ root: path.join(workshop.root, folder), documents: [path.join(workshop.root, folder, "lamp.asyncapi.yaml")], out: path.join(workshop.root, `${folder}-out`), ...options });
    const findings = (await Promise.all([generate("spec"), generate("bundled")])).flatMap((result) => result.findings);
    expect(findings).toEqual([]);
    const codeOf = (folder: string, file: string) => readFileSync(path.join(workshop.root, `${folder}-out/lamp`, file), "utf8").replace(/^\/\/ Generated by .*$/mu, "");
    for (const file of ["types.ts", "validators.ts", "codec.ts", "tables.ts", "arbitraries.ts"]) expect(codeOf("bundled", file), file).toEqual(codeOf("spec", file));
  });

  it("is not made of a document that is wrong", async () => {
    const file = path.join(workshop.root, "wrong.asyncapi.yaml");
    writeFileSync(file, document.replace("type: object", "type: objekt"));
    const wrong = await buildSite({ root: workshop.root, documents: [file], own: true });
    expect(wrong.findings.map(({ severity }) => severity)).toContain("error");
    expect(wrong.files.size).toBe(0);
  });
});
