import type { NullServerAsk, NullServerSay, NullServerTiming } from './options.ts';
import { NullServer } from './server.ts';
import { warmUp } from './warm-up.ts';

/** Responses in one message: a log of millions of tokens goes in pieces. */
const RESPONSES_A_MESSAGE = 2_000;

/** Body of the process that `startNullServer` starts; it ends with its parent. */
const server = new NullServer(JSON.parse(process.argv[2]!) as NullServerTiming);
const say = (message: NullServerSay): void => void process.send!(message);

process.on('disconnect', () => process.exit(0));
process.on('message', (message: NullServerAsk) => {
  switch (message.ask) {
    case 'log':
      say({ say: 'log', responses: server.takeLog(RESPONSES_A_MESSAGE), left: server.logged });
      break;
    case 'counts':
      say({ say: 'counts', counts: server.counts() });
      break;
    case 'stop':
      server.close();
      process.disconnect();
      break;
  }
});
await warmUp();
say({ say: 'listening', port: await server.listen() });
