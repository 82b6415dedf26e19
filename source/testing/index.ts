export {type Clock, systemClock} from './clock.ts';
export type {StoreCase, StoreTraits} from './store-case.ts';
export {storeCases} from './store-cases.ts';
