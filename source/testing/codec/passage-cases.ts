import assert from 'node:assert/strict';
import {open} from '../../codec.ts';
import type {CodecCase} from './codec-case.ts';
import {context, decode, encode, envelope} from './codec-fixtures.ts';

/** Requests run at the same time, fail, and follow each other, without affecting one another. */
export const passageCases: readonly CodecCase[] = [
	{
		title: 'a passage yields once',
		run(codec) {
			for (const stored of [undefined, encode(codec, envelope({views: 1}))]) {
				const passage = codec(stored, context);
				const yielded = passage.next();
				assert.equal(yielded.done, false, 'it yields');
				assert.equal(passage.next(envelope({views: 2})).done, true, 'and then returns');
			}
		},
	},
	{
		title: 'an aborted passage is over, and leaves nothing behind',
		run(codec) {
			const stored = encode(codec, envelope({views: 1}));
			const aborted = codec(stored, context);
			aborted.next();
			assert.equal(aborted.return(undefined).done, true, 'it ends when told to');

			const passage = open(codec, stored, context);
			assert.deepStrictEqual(passage.session, envelope({views: 1}));
			assert.equal(passage.close(passage.session), stored);
		},
	},
	{
		title: 'two passages at once know nothing of each other',
		run(codec) {
			const sessions = [envelope({name: 'one', at: new Date(1)}), envelope({name: 'two'})];
			for (const order of ['in the order of opening', 'in the reverse']) {
				const opened = sessions.map((session, index) => {
					const context = {key: `session:${index}`};
					const stored = encode(codec, session, context);
					return {session, stored, passage: open(codec, stored, context)};
				});
				if (order === 'in the reverse') opened.reverse();
				for (const {session, stored, passage} of opened) {
					assert.deepStrictEqual(passage.session, session);
					assert.equal(passage.close(passage.session), stored, `closed ${order}`);
				}
			}
		},
	},
	{
		title: 'each passage yields its own session',
		run(codec) {
			const stored = encode(codec, envelope({user: {name: 'Ann'}, at: new Date(1)}));
			const [mine, theirs] = [decode(codec, stored), decode(codec, stored)];
			mine.data['user'] = undefined;
			(mine.data['at'] as Date).setTime(2);
			assert.deepStrictEqual(theirs, envelope({user: {name: 'Ann'}, at: new Date(1)}));
			assert.deepStrictEqual(decode(codec, stored), theirs);
		},
	},
	{
		title: 'stored bytes are never written into, not even through a session that holds bytes',
		run(codec) {
			const [bytes, buffer] = [new Uint8Array(64).fill(1), Buffer.alloc(64, 2)];
			const stored = encode(codec, envelope({bytes, buffer}));
			const before = Uint8Array.from(stored);
			const passage = open(codec, stored, context);
			for (const bytes of Object.values(passage.session?.data ?? {})) (bytes as Uint8Array).fill(3);
			const kept = passage.close(passage.session);

			assert.ok(Buffer.compare(stored, before) === 0, 'the stored bytes stay as they were');
			assert.notEqual(kept, stored, 'the change is seen');
		},
	},
	{
		title: 'what is stored shares no memory with the session that it was made of',
		run(codec) {
			const bytes = new Uint8Array(64).fill(1);
			const session = envelope({bytes, user: {name: 'Ann'}});
			const stored = encode(codec, session);
			bytes.fill(2);
			session.data['user'] = undefined;
			assert.deepStrictEqual(decode(codec, stored), envelope({bytes: new Uint8Array(64).fill(1), user: {name: 'Ann'}}));
		},
	},
	{
		title: 'stored bytes may lie anywhere in memory, and be a Buffer or not',
		run(codec) {
			const session = envelope({views: 1, at: new Date(1), text: 'naïve '.repeat(50)});
			const stored = encode(codec, session);
			const memory = Buffer.concat([Buffer.alloc(13, 0xff), stored, Buffer.alloc(7, 0xff)]);
			const buffer = memory.subarray(13, 13 + stored.length);
			for (const copy of [buffer, new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)]) {
				const passage = open(codec, copy, context);
				assert.deepStrictEqual(passage.session, session);
				assert.equal(passage.close(passage.session), copy);
			}
		},
	},
	{
		title: 'a codec serves any number of records, under any key',
		run(codec) {
			const keys = ['k', ':', '../../etc', '%00', '~'.repeat(250)];
			const records = keys.map((key, views) => ({key, views, stored: encode(codec, envelope({views}), {key})}));
			for (const {key, views, stored} of records)
				assert.deepStrictEqual(decode(codec, stored, {key}), envelope({views}));
		},
	},
];
