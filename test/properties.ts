// fast-check with the same cases in every run: what fails has failed because of the change, and fails again. SEED=… tries other cases.
import fc from 'fast-check';

const { SEED } = process.env;
fc.configureGlobal({ seed: SEED === undefined ? 20_261_122 : Number(SEED) });

export default fc;
