import test from 'ava';
import type {Codec} from '../../../source/codec.ts';
import {codecCases, type Envelope} from '../../../source/testing/index.ts';

export type CodecConformsOptions = {
	/** Goes before each title, where one file runs the suite more than once. */
	readonly prefix?: string;
};

/** Runs the codec contract under AVA. */
export const codecConforms = (make: () => Codec<Envelope>, {prefix = ''}: CodecConformsOptions = {}): void => {
	for (const {title, run} of codecCases) test(`${prefix}${title}`, t => t.notThrows(() => run(make())));
};
