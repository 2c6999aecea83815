import { describe, expect, it } from "vitest";
import { readChatOptions } from "../../../src/cli/chat/options.ts";
import { readStartOptions } from "../../../src/cli/start/options.ts";

const start = (args: string[], env: Record<string, string> = {}) => readStartOptions(args, { env, cwd: "/project" });
const real = ["--model-url", "https://api.example.com/v1/", "--model", "large"];

describe("the options of start", () => {
  it("have defaults that need nothing", () => {
    expect(start([])).toEqual({ channel: "websocket", port: 18_800, gatewayPort: 0, state: "/project/.state", help: false });
  });

  it("find each channel at a port of its own", () => {
    expect(["insta-claw", "local-im", "clawchat"].map((name) => start(["--channel", name]).port)).toEqual([18_801, 18_802, 18_803]);
    expect(start(["--channel", "local-im", "--port", "9000"])).toMatchObject({ channel: "local-im", port: 9000 });
  });

  it("name the variable that holds the key, and not the key", () => {
    const options = start(real, { CLAWWIRE_MODEL_API_KEY: "sk-secret" });
    expect(options.model).toEqual({ baseUrl: "https://api.example.com/v1", name: "large", api: "openai-completions", keyEnv: "CLAWWIRE_MODEL_API_KEY" });
    expect(JSON.stringify(options)).not.toContain("sk-secret");
  });

  it("let a model on this machine go without a key", () => {
    expect(start(["--model-url", "http://localhost:1234/v1", "--model", "m", "--model-api", "openai-responses"]).model).toEqual({ baseUrl: "http://localhost:1234/v1", name: "m", api: "openai-responses" });
  });

  it.each([
    [["--port", "http"], {}, /--port takes a number from 1 to 65535, not "http"/],
    [["--port", "70000"], {}, /not "70000"/],
    [["--channel", "irc"], {}, /--channel takes websocket, insta-claw, local-im, clawchat, not "irc"/],
    [["--prot", "1"], {}, /--prot.*npm start -- --help/s],
    [["--model", "large"], {}, /--model needs --model-url/],
    [["--model-url", "https://api.example.com"], { CLAWWIRE_MODEL_API_KEY: "k" }, /needs --model NAME/],
    [["--model-url", "api.example.com", "--model", "m"], {}, /--model-url takes an http or https address/],
    [["--model-url", "https://user:pass@api.example.com", "--model", "m"], {}, /may hold no user or password/],
    [[...real, "--model-api", "grpc"], { CLAWWIRE_MODEL_API_KEY: "k" }, /openai-completions or openai-responses, not "grpc"/],
    [real, {}, /variable CLAWWIRE_MODEL_API_KEY is empty, and api.example.com will want a key/],
    [[...real, "--model-key-env", "MY_KEY"], { CLAWWIRE_MODEL_API_KEY: "k" }, /variable MY_KEY is empty/],
  ] as [string[], Record<string, string>, RegExp][])("refuse %j with what to do", (args, env, message) => {
    expect(() => start(args, env)).toThrow(message);
  });
});

describe("the options of chat", () => {
  it("put the sender and the name into the address, and the token nowhere near it", () => {
    const options = readChatOptions(["--sender", "ada", "--name", "Ada L", "--token", "s3cret"], {}, "clawwire chat");
    expect(options.url.href).toBe("ws://127.0.0.1:18800/ws?senderId=ada&senderName=Ada+L");
    expect(options.token).toBe("s3cret");
  });

  it("take the token from the environment", () => {
    expect(readChatOptions([], { CLAWWIRE_CHAT_TOKEN: "s3cret" }, "clawwire chat").token).toBe("s3cret");
  });

  it.each([
    [["--url", "http://localhost"], /--url takes an address such as ws:\/\/127.0.0.1:18800\/ws, not "http:\/\/localhost"/],
    [["--timeout", "soon"], /--timeout takes a number of seconds above 0, not "soon"/],
    [["--once", "  "], /may not be blank/],
    [["--nope"], /See: clawwire chat --help/],
  ] as [string[], RegExp][])("refuse %j with what to do", (args, message) => {
    expect(() => readChatOptions(args, {}, "clawwire chat")).toThrow(message);
  });
});
