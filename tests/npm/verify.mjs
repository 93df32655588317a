// Verifies a badge with an implementation that is not ours: node verify.mjs < cases.json
// A case: {credential, documents: {address: JSON}}. The answer says whether proof and status lists
// are good, and which status bits are set.
import {text} from 'node:stream/consumers';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const cases = JSON.parse(await text(process.stdin));

function find(documents, address) {
  const [plain, fragment] = address.split('#');
  let document = documents[address] ?? documents[plain];
  if (document === undefined) {
    throw new Error(`${address} is not among the documents`);
  }
  if (fragment && document.verificationMethod) {
    const method = document.verificationMethod.find(one => one.id === address);
    if (method) {
      document = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
    }
  }
  return {contextUrl: null, documentUrl: address, document};
}

const answers = [];
for (const {credential, documents} of cases) {
  const documentLoader = async address => find(documents, address);
  const suite = new DataIntegrityProof({cryptosuite});
  const answer = await vc.verifyCredential({
    credential, suite, documentLoader,
    checkStatus: given => checkStatus({...given, suite, documentLoader, verifyBitstringStatusListCredential: true}),
  });
  answers.push({
    verified: answer.verified,
    status: answer.statusResult?.verified ?? null,
    set: (answer.statusResult?.results ?? []).filter(one => one.status).map(one => one.credentialStatus.statusPurpose),
    errors: (answer.error?.errors ?? [answer.error ?? answer.statusResult?.error]).filter(Boolean).map(error => String(error.message)),
  });
}
console.log(JSON.stringify(answers));
