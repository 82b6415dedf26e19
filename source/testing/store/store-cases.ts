import {answerCases} from './answer-cases.ts';
import {closeCases} from './close-cases.ts';
import {copyCases} from './copy-cases.ts';
import {createCases} from './create-cases.ts';
import {deleteCases} from './delete-cases.ts';
import {expiryCases} from './expiry-cases.ts';
import {keyCases} from './key-cases.ts';
import {lifetimeCases} from './lifetime-cases.ts';
import {pruneCases} from './prune-cases.ts';
import {raceCases} from './race-cases.ts';
import {readCases} from './read-cases.ts';
import {sizeCases} from './size-cases.ts';
import type {StoreCase} from './store-case.ts';
import {subjectCases} from './subject-cases.ts';
import {touchCases} from './touch-cases.ts';
import {updateCases} from './update-cases.ts';
import {walkCases} from './walk-cases.ts';

/**
The store contract, as cases for any test runner.

Give each case a new, empty store. A store that uses `Date.now()` may get a clock that fakes it, which is exact and
doesn't wait; all others get `systemClock()`. Cases that need `shared` also get `openAnother`: see `openInProcess()`.

@example
import test from 'node:test';
import {type StoreTraits, storeCases, systemClock} from 'koa-server-session/testing';
import {MyStore} from './my-store.js';

const traits: StoreTraits = {keeps: true, compareAndSwap: true, prune: true};

for (const {title, needs, run} of storeCases) {
	test(title, {skip: needs && !traits[needs]}, () => run(new MyStore(), systemClock()));
}
*/
export const storeCases: readonly StoreCase[] = [
	...answerCases,
	...keyCases,
	...readCases,
	...copyCases,
	...sizeCases,
	...createCases,
	...updateCases,
	...touchCases,
	...deleteCases,
	...expiryCases,
	...lifetimeCases,
	...pruneCases,
	...subjectCases,
	...walkCases,
	...raceCases,
	...closeCases,
];
