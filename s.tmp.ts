import { runWorld } from './tests/scenario/world/runWorld';
import { planOf } from './tests/scenario/world/plan';
const [from, to] = process.argv.slice(2).map(Number) as [number, number];
let bad = 0;
for (let s = from; s <= to; s++) { const r = await runWorld(planOf(s)); if (r.faults.length) { bad++; console.log(s, JSON.stringify(r.faults).slice(0, 500)); } }
console.log('done', from, to, bad); process.exit(0);
