/** The command line: `auspex COMMAND`. Importing this file runs it. */
import { reportError } from './output.ts';
import { buildProgram, calledCommand } from './program.ts';

// A reader that has seen enough (`auspex arch | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  const called = calledCommand(process.argv.slice(2));
  const program = await buildProgram((name) => name === called);
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
