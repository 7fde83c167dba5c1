/**
 * Loaded before all tests: what they start inherits nothing that would change what it says or costs.
 *
 * Coverage counts the processes that tests run in. Hundreds of others that they start would each write some MB as they end, and reading
 * that together takes longer than many a test. Colour is for whoever reads the tests' own report.
 */
const startsWorkers = process.argv.includes('--parallel') && process.env['MOCHA_WORKER_ID'] === undefined;
if (!startsWorkers) delete process.env['NODE_V8_COVERAGE'];
delete process.env['FORCE_COLOR'];
