import { runWorld } from './tests/scenario/world/runWorld';
import { planOf } from './tests/scenario/world/plan';
for (const s of process.argv.slice(2).map(Number)) { const r = await runWorld(planOf(s)); console.log(s, JSON.stringify(r.faults).slice(0,600)); }
process.exit(0);
