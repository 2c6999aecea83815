import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { web } from "../core/web.ts";
import { socketAddress } from "./address.ts";
import { Entrance } from "./entrance.tsx";
import type { Who } from "./live.ts";
import { RoomView } from "./room.tsx";
import { forget, recall, remember } from "./storage.ts";

const url = socketAddress(location.href);

/** First who speaks, then the conversation. */
export function App(): VNode {
  const [who, setWho] = useState<Who | undefined>(() => recall(url));
  const [refusal, setRefusal] = useState("");
  const begin = (next: Who): void => {
    remember(url, next);
    setWho(next);
  };
  if (!who) return <Entrance refusal={refusal} begin={begin} />;
  const leave = (why = ""): void => {
    setRefusal(why);
    setWho(undefined);
    // After the room has written down its last.
    web.after(0, () => forget(url, who));
  };
  return <RoomView url={url} who={who} leave={leave} />;
}
