import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const TOOL_NAMES = ['nvidia-smi', 'amd-smi', 'hl-smi'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** The tools that devices of a vendor come with. */
const BY_VENDOR: Readonly<Record<string, ToolName>> = {
  nvidia: 'nvidia-smi',
  amd: 'amd-smi',
  intel: 'hl-smi',
};

export const toolOfVendor = (vendor: string): ToolName => BY_VENDOR[vendor.toLowerCase()] ?? 'nvidia-smi';

/** A text as one word of a shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes executables with vendors' names into a folder, for a PATH of its own. They read the simulated endpoint at `url`
 * and print what the real tools print.
 */
export async function installTools(
  folder: string,
  url: string,
  tools: readonly ToolName[] = TOOL_NAMES,
): Promise<void> {
  const main = fileURLToPath(new URL(`./tools/main${extname(import.meta.url)}`, import.meta.url));
  await mkdir(folder, { recursive: true });
  for (const tool of tools) {
    const file = join(folder, tool);
    const call = [process.execPath, main, tool, url].map(quoted).join(' ');
    await writeFile(file, `#!/bin/sh\nexec ${call} "$@"\n`);
    await chmod(file, 0o755);
  }
}
