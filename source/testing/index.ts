export type {CodecCase, Envelope} from './codec/codec-case.ts';
export {codecCases} from './codec/codec-cases.ts';
export {type SessionFixture, sessionFixtures} from './codec/session-fixtures.ts';
export {openInProcess} from './open-in-process.ts';
export {type SignedIn, type StorageState, signIn} from './sign-in.ts';
export {type Clock, systemClock} from './store/clock.ts';
export type {OpenAnother, StoreCase, StoreTraits} from './store/store-case.ts';
export {storeCases} from './store/store-cases.ts';
