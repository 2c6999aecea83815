import type { VNode } from "preact";

/** Strokes on a grid of 16. */
const paths = {
  menu: "M2 4h12M2 8h12M2 12h12",
  close: "M4 4l8 8M12 4l-8 8",
  send: "M8 13V3M4 7l4-4 4 4",
  stop: "M4.5 4.5h7v7h-7z",
  attach: "M13 7.5l-5 5a3 3 0 0 1-4.3-4.3L9 3a2 2 0 0 1 2.9 2.9L6.7 11a1 1 0 0 1-1.4-1.4L10 5",
  reply: "M6 4L2.5 7.5 6 11M3 7.5h6a4 4 0 0 1 4 4V13",
  copy: "M6 6h7v7H6zM3 10V3h7",
  check: "M3 8.5l3.5 3.5L13 4.5",
  edit: "M3 13l.6-2.6L10.5 3.5a1.4 1.4 0 0 1 2 2L5.6 12.4z",
  remove: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  smile: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M5.5 9.5a3 3 0 0 0 5 0M6 6.5v.1M10 6.5v.1",
  frames: "M2 5h9M8.5 2.5L11 5 8.5 7.5M14 11H5M7.5 8.5L5 11l2.5 2.5",
  book: "M3 3h4a1.5 1.5 0 0 1 1 .5A1.5 1.5 0 0 1 9 3h4v9.5H9a1.5 1.5 0 0 0-1 .5 1.5 1.5 0 0 0-1-.5H3zM8 3.5V13",
  sun: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  person: "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8M2.5 14a5.5 5.5 0 0 1 11 0",
  group: "M6 7.5A2.25 2.25 0 1 0 6 3a2.25 2.25 0 0 0 0 4.5M1.5 13a4.5 4.5 0 0 1 9 0M10.5 3.2a2.25 2.25 0 0 1 0 4.1M12.2 9.3A4.5 4.5 0 0 1 14.5 13",
  plus: "M8 3v10M3 8h10",
  tool: "M10.5 2.5a3.25 3.25 0 0 0-3.8 4.3L2.5 11v2.5H5l4.2-4.2a3.25 3.25 0 0 0 4.3-3.8L11.5 7.5l-2-.5-.5-2z",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  down: "M8 3v10M4 9l4 4 4-4",
  warning: "M8 2.5L14 13H2zM8 6.5V9.5M8 11.3v.1",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
