import {toVersion, type Version, type VersionedRecord} from '../../store.ts';
import {decodeFrame} from '../shared/frame.ts';
import {isLive} from '../shared/record.ts';
import {unexpectedReply} from './script.ts';

/**
Decodes a value of Redis. `undefined` if it is no record, or one that has expired.

@throws Error If it is no value.
*/
export const toRecord = (value: unknown): VersionedRecord | undefined => {
	if (value !== null && !Buffer.isBuffer(value)) throw unexpectedReply('a value');
	const record = value ? decodeFrame(value) : undefined;
	if (!record || !isLive(record)) return undefined;
	const {version, subject} = record;
	return subject === undefined ? record : {...record, version: joinVersion(version, subject)};
};

/** A version carries the record's subject, so that a write knows whether the record is in that subject's index already. */
export const joinVersion = (nonce: string, subject: string | undefined): Version =>
	toVersion(subject === undefined ? nonce : `${nonce}:${subject}`);

const nonceLength = 11;

export const splitVersion = (version: Version): {nonce: Version; subject: string | undefined} => {
	if (version.length <= nonceLength) return {nonce: version, subject: undefined};
	return {nonce: toVersion(version.slice(0, nonceLength)), subject: version.slice(nonceLength + 1)};
};
