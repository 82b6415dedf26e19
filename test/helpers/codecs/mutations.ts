import fc from 'fast-check';

/** Changes some bytes of a record. */
type Mutation = (record: Buffer) => Buffer;

const at = (record: Buffer, place: number): number => (record.length === 0 ? 0 : place % record.length);

const flip = fc.tuple(fc.nat(), fc.nat(7)).map(
	([place, bit]): Mutation =>
		record => {
			const copy = Buffer.from(record);
			if (copy.length > 0) copy[at(copy, place)] = (copy[at(copy, place)] ?? 0) ^ (1 << bit);
			return copy;
		},
);

const insert = (fragments: readonly Uint8Array[]): fc.Arbitrary<Mutation> =>
	fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...fragments), fc.uint8Array({maxLength: 8}))).map(
		([place, bytes]): Mutation =>
			record =>
				Buffer.concat([record.subarray(0, at(record, place)), bytes, record.subarray(at(record, place))]),
	);

const cut = fc.tuple(fc.nat(), fc.nat(16)).map(
	([place, length]): Mutation =>
		record =>
			Buffer.concat([record.subarray(0, at(record, place)), record.subarray(at(record, place) + length)]),
);

const truncate = fc.nat().map(
	(place): Mutation =>
		record =>
			record.subarray(0, at(record, place)),
);

/** Bad records: a few mutations of a good one, with fragments that have a meaning to the codec, or noise. */
export const badRecords = (
	records: readonly Uint8Array[],
	fragments: readonly Uint8Array[],
): fc.Arbitrary<Uint8Array> => {
	const mutations = fc.array(fc.oneof(flip, insert(fragments), cut, truncate), {minLength: 1, maxLength: 4});
	const mutated = fc
		.tuple(fc.constantFrom(...records), mutations)
		.map(
			([record, changes]): Uint8Array =>
				changes.reduce<Buffer>((changed, mutate) => mutate(changed), Buffer.from(record)),
		);
	const noise: fc.Arbitrary<Uint8Array> = fc.uint8Array({maxLength: 200});
	return fc.oneof({weight: 9, arbitrary: mutated}, {weight: 1, arbitrary: noise});
};
