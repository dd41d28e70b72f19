import { appendFileSync } from 'node:fs';

/** `node recorded.ts FILE PROGRAM ARGS...`: writes its process id into FILE and becomes `node PROGRAM ARGS...`. */
const [file, program, ...args] = process.argv.slice(2);
appendFileSync(file!, `${process.pid}\n`);
process.argv = [process.argv[0]!, program!, ...args];
await import(program!);
