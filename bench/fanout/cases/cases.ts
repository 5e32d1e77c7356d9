import type { Case } from './case';
import { hot } from './hot';
import { mixed } from './mixed';

export const CASES: readonly Case[] = [hot, mixed];
