import { template } from "./gateway.ts";

/** Before any test: the plugins are built and installed, which takes longer than a hook should. */
export default async function prepare(): Promise<void> {
  await template();
}
