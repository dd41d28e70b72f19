#!/usr/bin/env node
// Kept to syntax that Node 18 parses, so that an old Node gets one clear line instead of a stack trace.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `ridge: needs Node 22.19 or newer, this is ${process.versions.node}. Install a newer Node; in a checkout, "npm start" and other npm scripts bring their own.`,
  );
  process.exitCode = 2;
} else {
  import('../dist/cli.js').then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      const unbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes('dist/cli.js');
      console.error(unbuilt ? 'ridge: not built yet. Run "npm run build" in the checkout.' : error);
      process.exitCode = 2;
    },
  );
}
