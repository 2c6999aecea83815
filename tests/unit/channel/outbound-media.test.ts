import { describe, expect, it } from "vitest";
import type { UploadedFile } from "../../../src/account/account.ts";
import { filesFor, type Load, uploadMedia, UploadFailed } from "../../../src/channel/outbound-media.ts";

const files: Record<string, { text: string; contentType?: string; fileName?: string }> = {
  "./out.png": { text: "png", contentType: "image/png", fileName: "out.png" },
  "https://web.example/a%20b.pdf?x=1": { text: "pdf", contentType: "application/pdf" },
  "./bare": { text: "bare" },
};

function way() {
  const uploaded: UploadedFile[] = [];
  const asked: unknown[] = [];
  const load: Load = async (url, options) => {
    asked.push(options);
    const file = files[url];
    if (!file) throw new Error(`may not read ${url}`);
    const { text, ...rest } = file;
    return { buffer: Buffer.from(text), ...rest };
  };
  const upload = async (file: UploadedFile) => {
    uploaded.push(file);
    return { kind: "file", url: `https://media.example/${uploaded.length}`, ...(file.name !== undefined && { name: file.name }) } as const;
  };
  return { uploaded, asked, load, upload };
}

describe("a file of the agent on a wire with a place for files", () => {
  it("CC-87 is read by the host's loader within its rules, and put there", async () => {
    const { uploaded, asked, load, upload } = way();
    const access = { mediaLocalRoots: ["/srv/agent"] };
    const attachments = await uploadMedia(Object.keys(files), access, 100, upload, load);
    expect(attachments.map(({ url, name }) => [url, name])).toEqual([
      ["https://media.example/1", "out.png"],
      ["https://media.example/2", "a%20b.pdf"],
      ["https://media.example/3", "bare"],
    ]);
    expect(uploaded.map(({ bytes, mimeType }) => [Buffer.from(bytes).toString(), mimeType])).toEqual([["png", "image/png"], ["pdf", "application/pdf"], ["bare", undefined]]);
    expect(asked).toEqual([0, 1, 2].map(() => ({ mediaLocalRoots: ["/srv/agent"], maxBytes: 100 })));
  });

  it("CC-87 that cannot be read, is too large or is not taken fails all it belongs to, with a note that tells nothing of where it lies", async () => {
    const { load, upload } = way();
    const failing = async () => Promise.reject(new Error("HTTP 413"));
    for (const attempt of [uploadMedia(["./out.png", "/root/.ssh/id_rsa"], {}, 100, upload, load), uploadMedia(["./out.png"], {}, 2, upload, load), uploadMedia(["./out.png"], {}, 100, failing, load)]) {
      const thrown: unknown = await attempt.catch((reason: unknown) => reason);
      expect(thrown).toBeInstanceOf(UploadFailed);
      expect((thrown as UploadFailed).note).toMatch(/^\[A file could not be sent: (id_rsa|out\.png)\]$/);
    }
  });
});

describe("a file of the agent on a wire without one", () => {
  it("goes as its address, or is named", async () => {
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    expect(await filesFor([], {}, { log, maxBytes: 1 })).toEqual({ notes: [] });
    expect(await filesFor(["https://web.example/a.png"], {}, { log, maxBytes: 1 })).toEqual({ mediaUrls: ["https://web.example/a.png"], notes: [] });
  });
});
