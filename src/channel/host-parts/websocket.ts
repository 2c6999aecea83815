export { WebSocket, WebSocketServer } from "openclaw/plugin-sdk/websocket-runtime";
