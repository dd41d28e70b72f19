import { Text } from 'ink';
import { createContext, type ReactNode, useContext } from 'react';
import { type GlyphSet, type Tone, UNICODE_GLYPHS } from './glyphs.ts';

/** How the dashboard draws on this terminal. */
export interface Look {
  readonly colour: boolean;
  readonly glyphs: GlyphSet;
}

const LookContext = createContext<Look>({ colour: false, glyphs: UNICODE_GLYPHS });
export const LookProvider = LookContext.Provider;
export const useLook = (): Look => useContext(LookContext);

const COLOURS: Partial<Record<Tone, string>> = {
  good: 'green',
  doubtful: 'yellow',
  bad: 'red',
  active: 'cyan',
};

interface TintProps {
  readonly tone?: Tone;
  readonly strong?: boolean;
  readonly dim?: boolean;
  readonly children: ReactNode;
}

/** Text of a tone; plain text where the terminal gets no colour. */
export function Tint({ tone, strong = false, dim = false, children }: TintProps) {
  const { colour } = useLook();
  if (!colour) return <Text wrap="truncate-end">{children}</Text>;
  const tint = tone === undefined ? undefined : COLOURS[tone];
  return (
    <Text
      {...(tint === undefined ? {} : { color: tint })}
      dimColor={dim || tone === 'quiet'}
      bold={strong}
      wrap="truncate-end"
    >
      {children}
    </Text>
  );
}
