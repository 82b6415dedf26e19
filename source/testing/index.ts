export {type Clock, systemClock} from './clock.ts';
export type {CodecCase, Envelope} from './codec-case.ts';
export {codecCases} from './codec-cases.ts';
export {openInProcess} from './open-in-process.ts';
export {type SessionFixture, sessionFixtures} from './session-fixtures.ts';
export type {OpenAnother, StoreCase, StoreTraits} from './store-case.ts';
export {storeCases} from './store-cases.ts';
