import test from 'ava';
import {type Codec, open} from '../../source/codec.ts';
import {json} from '../../source/codecs/json.ts';
import {codecCases, type Envelope, sessionFixtures} from '../../source/testing/index.ts';
import {codecFaults, refusalFaults} from '../helpers/faults/codec-faults.ts';

const titles = codecCases.map(({title}) => title);

test('each case of the codec contract has its own title and a codec that breaks it', t => {
	t.is(new Set(titles).size, titles.length);
	t.deepEqual(Object.keys(codecFaults).toSorted(), titles.toSorted());
});

test('each fixture has its own name', t => {
	t.is(new Set(sessionFixtures.map(({name}) => name)).size, sessionFixtures.length);
});

for (const {title, run} of codecCases) {
	test(`can fail: ${title}`, t => {
		const fault = codecFaults[title];
		if (!fault) return t.fail('No codec breaks this case');
		t.throws(() => run(fault), {any: true});
		t.notThrows(() => run(json<Envelope>()), 'the codec without the fault passes');
	});
}

/** Keeps the session's own properties in an order of its own, by their names. */
const byName: Codec<Envelope> = function* (stored, context) {
	const passage = open(json<Envelope>(), stored, context);
	const kept = yield passage.session;
	if (!kept) return passage.close(undefined);
	const sorted = Object.entries(kept).toSorted(([one], [other]) => (one < other ? -1 : 1));
	return passage.close(Object.fromEntries(sorted) as Envelope);
};

test('a codec may keep the properties beside the data in another order', t => {
	for (const {title, run} of codecCases) t.notThrows(() => run(byName), title);
});

for (const [fault, codec] of Object.entries(refusalFaults))
	test(`can fail: refused ${fault}`, t => {
		for (const {title, run} of codecCases)
			if (title.endsWith('is refused by its path')) t.throws(() => run(codec), {any: true}, title);
	});
