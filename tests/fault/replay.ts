import { subjects } from "../support/subjects.ts";
import { liveThrough, planHistory } from "./history.ts";

/** `npm run fault -- local-im:17` lives through one history again and tells what happens in it. */
const [name, seed = ""] = (process.argv[2] ?? "").split(":");
const subject = subjects.find((each) => each.name === name);
if (!subject || !/^\d+$/.test(seed)) {
  console.error(`Usage: npm run fault -- NAME:SEED, where NAME is ${subjects.map((each) => each.name).join(" or ")}`);
  process.exit(2);
}
const plan = planHistory(Number(seed));
console.log(JSON.stringify(plan, undefined, 2));
const { wrong } = await liveThrough(subject, plan, (line) => console.log(line));
for (const line of wrong) console.error(`wrong: ${line}`);
// Whatever a history leaves open must not keep it from ending.
process.exit(wrong.length > 0 ? 1 : 0);
