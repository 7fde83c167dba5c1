/** The command line: `auspex COMMAND`. Importing this file runs it. */
import { reportError } from './output.ts';
import { buildProgram } from './program.ts';

// A reader that has seen enough (`auspex arch | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  const program = await buildProgram(process.argv[2]);
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error);
}
