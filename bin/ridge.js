#!/usr/bin/env node
// Kept to syntax that Node 18 parses, so that an old Node gets one clear line instead of a stack trace.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `ridge: needs Node 22.19 or newer, this is ${process.versions.node}. Install a newer Node, or use "npm start" in a checkout (npm brings Node 24).`,
  );
  process.exit(2);
} else {
  import('../dist/cli.js').then((cli) => cli.main(process.argv.slice(2)));
}
