import type {SessionRecord, Store, VersionedRecord} from '../../store.ts';

/** Two stores, and which of them wins where they differ. */
export type Migration = {
	readonly from: Store;
	readonly to: Store;

	/** Whether the source wins. Otherwise the target keeps what it has. */
	readonly isMirror: boolean;
};

/**
What happened to a session.

`present`: the target already has the same. `different`: the target has another state, and keeps it. `ended`: the session
ended before it was copied.
*/
export type Outcome = 'copied' | 'updated' | 'present' | 'different' | 'ended';

/** Why a session can't be copied. The message shows nothing of it. */
export class NotCopied extends Error {}

/** How often to try again if others write to the target. */
const mostTries = 5;

/** Copies a record unchanged, with its expiry and subject, and reads it back. Doing it again changes nothing. */
export const copy = async (key: string, {from, to, isMirror}: Migration): Promise<Outcome> => {
	const record = await from.read(key);
	if (!record) return 'ended';
	if (to.maxBytes !== undefined && record.bytes.length > to.maxBytes) {
		throw new NotCopied(`it has ${record.bytes.length} bytes, but the target takes at most ${to.maxBytes}`);
	}

	for (let tries = 0; tries < mostTries; tries++) {
		if ((await to.create(key, toWrite(record))) !== undefined) return verify(key, record, to, 'copied');

		const current = await to.read(key);
		if (!current) continue;
		if (isSame(current, record)) return 'present';
		if (!isMirror) return 'different';

		const answer = await to.update(key, toWrite(record), current.version);
		if (typeof answer === 'object') return verify(key, record, to, 'updated');
	}
	throw new NotCopied('something else keeps writing to it in the target');
};

/** Deletes a record that the source doesn't have. Resolves to whether there was one. */
export const remove = async (key: string, {from, to}: Migration): Promise<boolean> => {
	return !(await from.read(key)) && (await to.delete(key));
};

const toWrite = ({bytes, expiresAt, subject}: VersionedRecord): SessionRecord => ({bytes, expiresAt, subject});

const verify = async (key: string, record: SessionRecord, to: Store, outcome: Outcome): Promise<Outcome> => {
	const written = await to.read(key);
	if (written && isSame(written, record)) return outcome;
	if (record.expiresAt <= Date.now()) return 'ended';
	throw new NotCopied(written ? 'the copy differs from what was written' : 'the copy is missing after it was written');
};

/** Some stores round an expiry to whole milliseconds. */
const isSame = (one: SessionRecord, other: SessionRecord): boolean =>
	Math.abs(one.expiresAt - other.expiresAt) < 1 &&
	one.subject === other.subject &&
	Buffer.compare(one.bytes, other.bytes) === 0;
