/** Certificates for tests, made by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificate {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Makes certificates that are good for this machine, signed by an authority of their own. */
export function makeAuthority(folder: string, authority: string): (name: string) => Certificate {
  const file = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const caFile = file(`${authority}.pem`);
  const caKey = file(`${authority}.key`);
  openssl('req', '-x509', ...key, '-keyout', caKey, '-out', caFile, '-days', '2', '-subj', `/CN=${authority}`);
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  return (name: string) => {
    const [certificateFile, keyFile, request] = ['pem', 'key', 'csr'].map((end) => file(`${authority}-${name}.${end}`));
    openssl('req', ...key, '-keyout', keyFile!, '-out', request!, '-subj', `/CN=${name}`);
    const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', file('names')];
    openssl('x509', '-req', '-in', request!, '-out', certificateFile!, ...signing);
    return { caFile, certificateFile: certificateFile!, keyFile: keyFile! };
  };
}
