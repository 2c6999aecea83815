export { WebSocket } from "openclaw/plugin-sdk/websocket-runtime";
