/** Made of `spec/websocket.asyncapi.yaml` by `build/page.ts`. */
declare module "clawwire:messages" {
  export interface MessageDocs {
    readonly type: string;
    readonly by: "application" | "gateway";
    readonly title: string;
    readonly text: string;
    /** Empty where none is needed. */
    readonly extension: string;
    readonly fields: readonly { readonly name: string; readonly type: string; readonly isRequired: boolean; readonly text: string }[];
    /** JSON for people. */
    readonly example: string;
  }
  const messages: readonly MessageDocs[];
  export default messages;
}
