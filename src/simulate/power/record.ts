import type { ModelCard } from '../../model/card.ts';
import { stepPower } from '../../roofline/power.ts';
import type { EngineSettings } from '../../roofline/serving.ts';
import { TrafficCounter } from '../../roofline/step-traffic.ts';
import { AttentionWork, stepWork } from '../../roofline/step-work.ts';
import type { Step } from '../engine.ts';
import type { PowerTrace } from './trace.ts';
import type { PowerTruth } from './truth.ts';

/** Writes the true power of every step of one device into its trace. The devices of a group do the same work at the same time. */
export function powerRecorder(
  card: ModelCard,
  { tensorParallel, speculation, padding }: EngineSettings,
  power: PowerTruth,
  trace: PowerTrace,
): (step: Step) => void {
  const attention = new AttentionWork(card, speculation, padding);
  const counter = new TrafficCounter(card, tensorParallel, speculation);
  return (step) => {
    const traffic = counter.count(stepWork(attention, step));
    trace.add(step.begin, step.end, stepPower(power, traffic, step.end - step.begin, power.power_limit_w));
  };
}
