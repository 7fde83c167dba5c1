// Known holes in what Auspex runs with, by `npm run audit`: fails on high and critical ones. Where the registry does not say (a mirror
// often does not), it says so and passes, because nothing was found out.
import { spawnSync } from 'node:child_process';

const { status, stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
});
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = { error: { summary: stderr.trim() } };
}
if (report.error || !report.metadata) {
  const reason = report.error?.summary || report.message || stderr.trim().split('\n')[0];
  console.warn(`auspex: dependencies were not audited, for the registry did not say: ${reason}`);
} else {
  const { vulnerabilities } = report.metadata;
  console.log(
    `auspex: known holes: ${vulnerabilities.critical} critical, ${vulnerabilities.high} high, ${vulnerabilities.moderate} moderate`,
  );
  for (const [name, { severity, via }] of Object.entries(report.vulnerabilities)) {
    console.log(`  ${severity} ${name}: ${via.map((one) => one.title ?? one).join(', ')}`);
  }
  process.exitCode = status ?? 1;
}
