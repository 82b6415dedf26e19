import {changeCases} from './change-cases.ts';
import type {CodecCase} from './codec-case.ts';
import {garbageCases} from './garbage-cases.ts';
import {passageCases} from './passage-cases.ts';
import {refusalCases} from './refusal-cases.ts';
import {roundTripCases} from './round-trip-cases.ts';

/**
The codec contract, as cases for any test runner. One codec may serve all of them.

They ask for more than `Codec` does, which takes any error: what can't be decoded is a `SessionError` with the code
`ERR_SESSION_UNDECODABLE`, and what can't be encoded is one with `ERR_SESSION_NOT_ENCODABLE`, whose message names the path.
A codec made by `pair()` passes if its functions throw these, and keep all of `sessionFixtures`.

@example
import test from 'node:test';
import {codecCases} from 'koa-server-session/testing';
import {myCodec} from './my-codec.js';

for (const {title, run} of codecCases) {
	test(title, () => run(myCodec()));
}
*/
export const codecCases: readonly CodecCase[] = [
	...roundTripCases,
	...changeCases,
	...passageCases,
	...refusalCases,
	...garbageCases,
];
