import {isUint8Array} from 'node:util/types';
import type {VersionedRecord} from '../store.ts';

/** Tells of what a store's method resolves with whether it may be that. Other methods may resolve with anything. */
export const answers: ReadonlyMap<string, (answer: unknown) => boolean> = new Map([
	['create', answer => typeof answer === 'string' || answer === undefined],
	['read', answer => !answer || isRecord(answer)],
	['update', answer => typeof answer === 'string'],
	['touch', answer => typeof answer === 'boolean'],
]);

const isRecord = ({bytes, expiresAt, version}: Partial<VersionedRecord>): boolean =>
	isUint8Array(bytes) && typeof expiresAt === 'number' && typeof version === 'string';
