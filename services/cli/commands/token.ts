import { existsSync, readFileSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { parseDocument } from 'yaml';
import { writeFileAtomically } from '../../../checkpoints/atomic-file.ts';
import { messageOf } from '../../../errors.ts';
import { clientsSchema, digestOfToken, newToken } from '../../api/access/clients.ts';
import { ApiError } from '../../api/errors.ts';
import { ROLES, type Role } from '../../api/rpc/method.ts';
import { UsageError } from '../errors.ts';
import { Output } from '../output.ts';

interface TokenCommandOptions {
  clients: string;
  name: string;
  role: Role;
  json?: boolean;
}

export function addTokenCommand(command: Command): void {
  command
    .requiredOption('--clients <file>', 'YAML file of `auspex serve --clients`; made if missing')
    .requiredOption('--name <name>', 'of the client; one that has a token gets a new one')
    .addOption(new Option('--role <role>', 'each includes those before it').choices(ROLES).makeOptionMandatory())
    .option('--json', 'print the result as JSON')
    .action(async ({ clients: file, name, role, ...options }: TokenCommandOptions) => {
      const token = newToken();
      await addClient(file, { name, role, tokenSha256: digestOfToken(token) });
      new Output(options).result({ name, role, token }, token);
    });
}

/** Comments and the order of the file stay. @throws ApiError API_BAD_OPTION, UsageError, CheckpointError CHECKPOINT_WRITE_FAILED */
async function addClient(file: string, client: { name: string; role: Role; tokenSha256: string }): Promise<void> {
  const document = parseDocument(existsSync(file) ? readFileSync(file, 'utf8') : 'clients: []\n');
  try {
    const { clients } = clientsSchema.parse(document.toJS());
    const index = clients.findIndex(({ name }) => name === client.name);
    document.setIn(['clients', index < 0 ? clients.length : index], document.createNode(client));
  } catch (cause) {
    throw new ApiError('API_BAD_OPTION', `${file} is no file of clients: ${messageOf(cause)}`, { cause });
  }
  if (!clientsSchema.safeParse(document.toJS()).success)
    throw new UsageError(`--name ${client.name}: only A-Z a-z 0-9 . _ -`);
  // Who is a client is nobody's business, until its owner says otherwise.
  const mode = existsSync(file) ? statSync(file).mode : 0o600;
  await writeFileAtomically(file, async (handle) => {
    await handle.chmod(mode & 0o777);
    await handle.writeFile(document.toString());
  });
}
