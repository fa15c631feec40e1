/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rc.h - result codes of every layer, in Linux and in the trusted application.
 *
 * The numbers are stable and append-only: only the number crosses a process
 * boundary. Each code has a static text (what is wrong) and a hint (what to
 * do), so that both ends can explain it without sending text.
 *
 * X(NAME, number, exit status of the command line, text, hint)
 * Exit status: 0 done, 1 refused by policy or verify failed, 2 usage,
 * 65 bad input, 69 daemon down, 70 internal, 75 try again.
 */
#ifndef BTZ_WIRE_RC_H
#define BTZ_WIRE_RC_H

#include <stdint.h>

/* clang-format off */
#define BTZ_RC_LIST(X) \
X(OK,               0,  0, "done", "") \
/* general */ \
X(E_INTERNAL,       1, 70, "internal error", "see the daemon's log under this request id") \
X(E_NOMEM,          2, 75, "out of memory", "free memory on the box and try again") \
X(E_IO,             3, 70, "input/output error", "check the disk; see the daemon's log") \
X(E_PROTO,          4, 70, "malformed or unexpected frame", "check that both programs come from the same release") \
X(E_VERSION,        5, 70, "protocol version not supported", "restart all programs from the same release") \
X(E_INVAL,          6, 65, "invalid value", "correct the value and try again") \
X(E_TOOBIG,         7, 65, "value is longer than its limit", "shorten the value") \
X(E_RANGE,          8, 65, "value is out of range", "see --help for the limits") \
X(E_NAME,           9, 65, "not a valid name", "use a-z, 0-9, '.', '_' and '-', at most 63 characters, starting with a letter or digit") \
X(E_NOENT,         10, 65, "not found", "list what exists with the 'list' verb") \
X(E_EXIST,         11, 65, "already exists", "choose another name or remove the existing one") \
X(E_AMBIGUOUS,     12, 65, "id prefix matches more than one", "give more characters of the id") \
X(E_DENIED,        13,  1, "not permitted", "ask the administrator for the permission") \
X(E_UNSUPPORTED,   14, 65, "not supported here", "see 'bartizan backend list' for what each backend can do") \
X(E_STATE,         15,  1, "not possible in the present state", "see 'bartizan status'") \
X(E_DOWN,          16, 69, "the program that serves this does not answer", "see 'bartizan status'; start the box with 'bartizan up'") \
X(E_AGAIN,         17, 75, "busy, try again", "try again in a few seconds") \
X(E_TIMEOUT,       18, 75, "timed out", "try again; see 'bartizan status'") \
X(E_QUOTA,         19, 75, "rate or number of requests exceeded (rate of the [app NAME] section, broker.max_leases_per_uid)", "wait, or ask the administrator to raise that limit") \
X(E_FULL,          20, 75, "no space left", "free disk space and try again") \
X(E_CORRUPT,       21, 70, "stored data is damaged", "restore it from a backup") \
X(E_CONFIG,        22,  2, "configuration error", "correct etc/bartizan.conf; check with 'bartizan up -n'") \
X(E_USAGE,         23,  2, "wrong usage", "see --help") \
X(E_NOT_CONFIRMED, 24, 75, "stored, but not confirmed to be in force", "try again; it is retried by itself at the next start") \
X(E_UNPROVISIONED, 25,  1, "this box has not been initialised", "run 'bartizan init'") \
X(E_PROVISIONED,   26,  1, "this box is already initialised", "nothing to do; see 'bartizan status'") \
X(E_NO_LOG,        27, 75, "the audit log cannot record this now", "see 'bartizan status'; the action was not carried out") \
X(E_GONE,          28, 75, "connection lost", "try again") \
X(E_EXPIRED,       29,  1, "expired", "renew it") \
X(E_REVOKED,       30,  1, "revoked", "ask the administrator for a new invite") \
X(E_VERIFY,        31,  1, "verification failed", "do not trust this data; compare it with a good copy") \
X(E_SIGNATURE,     32,  1, "signature does not verify", "check that the right key and the unchanged input were used") \
X(E_ADDR_TAKEN,    33, 69, "another program listens on this address", "set another [https] listen in etc/bartizan.conf, then 'bartizan down' and 'bartizan up'") \
X(E_PENDING,        34, 70, "the TPM is at work (between the trusted application and its caller only)", "see the daemon's log under this request id") \
X(E_NO_CUTOFF,     37, 69, "nobody can be cut off from the network here (no right to set nftables rules)", "run 'bartizan up' as root, with nftables in the kernel; no VPN client is admitted until then") \
/* keys, leases */ \
X(E_LEASE,         64,  1, "lease is not valid any more", "connect again") \
X(E_KEY_KIND,      65,  1, "this kind of key does not sign this kind of input", "use a key of the right kind") \
X(E_KEY_USAGE,     66,  1, "key may not be used for this operation", "use a key whose usage allows it") \
X(E_KEY_ALG,       67, 65, "algorithm does not fit the key", "see 'bartizan key show'") \
X(E_KEY_STATE,     68,  1, "key is disabled, doomed or destroyed", "see 'bartizan key show'; 'key enable' and 'key rescue' bring it back unless it is destroyed") \
X(E_DIGEST_LEN,    69, 65, "digest does not have the length of its hash", "give the digest of the named hash") \
X(E_KEY_BLOB,      70, 70, "key blob cannot be opened", "it was made on another box, replaced or damaged; restore a backup") \
X(E_KEY_GENERATION,71,  1, "key blob is of a destroyed or replaced generation", "use the present key") \
X(E_KEY_CONSTRAINT,72,  1, "constraints of the key do not allow this", "see 'bartizan key show'") \
X(E_KEYS_MAX,      80, 75, "the application has as many keys as it may have (max_keys)", "destroy unused keys, or raise max_keys in its [app NAME] section (crypto.max_keys_per_app where that is 0)") \
X(E_KEY_STAYS,     82,  1, "a key of a TPM or a token cannot leave it", "make a new key on the other box; keys that must move are made in 'soft' or 'tee', --backupable") \
X(E_KEY_SPENT,     83,  1, "this version of the key was used as often as it may be", "see uses and uses_max in 'bartizan key show'; 'bartizan key rotate' makes a version with a count of its own") \
X(E_RECOVERY_KEY,  86,  1, "no recovery key is set here, so nothing can be backed up", "make one ('bartizan recovery keygen') and name it: tee: 'bartizan ceremony start admin-set --recovery FILE'; soft: [crypto] recovery") \
X(E_TRANSPORT,     87,  1, "sealed for another box, or its transport key was used or is over", "'bartizan key transport' on the box that is to have the key, then 'bartizan recovery open' again") \
X(E_KEY_GONE,      88, 70, "the object of this key is gone from its token", "somebody removed it there: restore the token's own backup, or destroy the key and make another") \
X(E_TOKEN_REFUSED, 89,  1, "the token refuses this", "what it answered stands in 'bartizan status' and in the log of its program; generate the key in the token, or choose another backend") \
X(E_KEY_POLICY,    81,  1, "the policy of a key only becomes narrower", "see 'bartizan key show' for what it is; make a new key for more") \
/* trusted application and TPM */ \
X(E_TPM_UNAVAILABLE,  96, 75, "TPM does not answer or reports a failure", "it is retried by itself; see 'bartizan status'") \
X(E_TPM_AUTH,         97, 70, "TPM response is not authentic (TPM 2.0 Part 1, 19.6)", "somebody may be altering TPM traffic; see 'bartizan status'") \
X(E_TPM_FORMAT,       98, 70, "TPM response is malformed (TPM 2.0 Part 3)", "see 'bartizan status'") \
X(E_TPM_TEMPLATE,     99, 70, "TPM object does not have the pinned template", "see 'bartizan status'") \
X(E_TAMPER,          100, 70, "repeated false TPM answers: TPM operations refused (state tamper)", "inspect the box; restart it to try again") \
X(E_TPM_SWAPPED,     101,  1, "the TPM is not the one this box was initialised with", "put the original TPM back, or recover with approvals") \
X(E_STORAGE_LOST,    102,  1, "TPM is provisioned but the trusted application's record is missing", "restore the storage, or recover with approvals") \
X(E_STORAGE_ROLLED,  103,  1, "the trusted application's record is not the newest (rolled back)", "restore the newest storage, or recover with approvals") \
X(E_TA_TOO_OLD,      104,  1, "the record was written by a newer trusted application", "install the newer trusted application") \
X(E_TIME_UNSURE,     105,  1, "system time is outside what the trusted application accepts", "set the clock, or give an administrator-signed time statement") \
X(E_TEE_DOWN,        106, 69, "the trusted application or the token cannot be reached", "see 'bartizan status'") \
X(E_ROLLBACK,        107,  1, "older or different than what was signed before", "restore the newest data") \
X(E_SLOTS_FULL,      108, 75, "the trusted application's slot table is full", "destroy unused keys") \
X(E_APPROVAL,        109,  1, "not enough administrators have approved this", "collect approvals with 'bartizan ceremony'") \
X(E_PROVISION_OWNED, 110,  1, "TPM owner or lockout authorization is already set", "clear the TPM in the firmware if it holds nothing of value") \
X(E_EK_CERT,         111,  1, "the TPM's endorsement certificate does not lead to a known maker (TCG EK Credential Profile 2.0)", "name the maker's intermediate certificates in [tpm] ek_chain; a TPM without a certificate of a known maker may be emulated or replaced, [tpm] ek_required = no takes it all the same") \
/* consistency of the log */ \
X(E_LOG_SMALLER,     112,  1, "checkpoint: the tree is smaller than the last signed one", "restore the newest log") \
X(E_LOG_FORKED,      113,  1, "checkpoint: the tree does not extend the last signed one (RFC 6962 2.1.2)", "restore the newest log") \
X(E_LOG_RECORD,      114,  1, "audit record is altered or out of sequence", "compare with a good copy of the log") \
X(E_LOG_TREE,        115,  1, "audit tree does not match its records or checkpoint", "compare with a good copy of the log") \
X(E_LOG_UNSIGNED,    116,  1, "records at the end are not covered by a signed checkpoint", "wait for the next checkpoint") \
/* approvals of administrators */ \
X(E_APPROVAL_NONCE,  117,  1, "no such challenge: used, cancelled, over, or for another request", "start the ceremony again") \
X(E_APPROVAL_KEY,    118,  1, "approval by somebody who is not an administrator here, or twice by one", "collect approvals of different administrators; see 'bartizan admin list'") \
X(E_APPROVAL_SIG,    119,  1, "approval does not verify", "approve the very file that 'ceremony start' wrote") \
/* what a constrained key refuses to sign; der and certificate input */ \
X(E_DER,             128, 65, "not canonical DER (X.690 10)", "encode it as DER") \
X(E_X509_VERSION,    129, 65, "certificate is not v3 (RFC 5280 4.1.2.1)", "use version 3") \
X(E_X509_SERIAL,     130, 65, "serial is not 16 positive octets (RFC 5280 4.1.2.2)", "draw a new serial") \
X(E_X509_SIGALG,     131, 65, "inner signature algorithm is not the key's (RFC 5280 4.1.1.2)", "use the key's algorithm") \
X(E_X509_ISSUER,     132, 65, "issuer is not the issuing key's subject, byte by byte (RFC 5280 4.1.2.4)", "use the certificate of this key") \
X(E_X509_SUBJECT,    133, 65, "subject is neither empty nor a CN that the SAN has (SPIFFE id's name; a server's: DNS name)", "leave the subject empty or use such a name") \
X(E_X509_SPKI,       134, 65, "public key is of a type that is not accepted (RFC 5280 4.1.2.7)", "use P-256 (named curve, uncompressed point)") \
X(E_X509_SPKI_OURS,  135,  1, "public key is a key of this box", "make a key of the user's own") \
X(E_X509_EXT_DUP,    136, 65, "extension occurs twice (RFC 5280 4.2)", "give each extension once") \
X(E_X509_EXT_UNKNOWN,137, 65, "extension is not on the allow-list", "leave it out") \
X(E_X509_EXT_MISSING,138, 65, "a mandatory extension is missing", "add it") \
X(E_X509_EXT_CRIT,   139, 65, "extension has the wrong criticality (RFC 5280 4.2)", "set it as the profile says") \
X(E_X509_CA,         140,  1, "CA:TRUE is never signed by an issuing key (RFC 5280 4.2.1.9)", "issue an end-entity certificate") \
X(E_X509_KU,         141,  1, "key usage is not allowed (RFC 5280 4.2.1.3)", "use digitalSignature") \
X(E_X509_EKU,        142,  1, "extended key usage is not allowed (RFC 5280 4.2.1.12)", "use clientAuth or serverAuth; OCSPSigning alone, for an ocsp key of this issuing key") \
X(E_X509_SAN,        143,  1, "subject alternative name is outside the name space (RFC 5280 4.2.1.6)", "use a name of this box's trust domain") \
X(E_X509_AKI,        144, 65, "authority key identifier is not the issuing key's (RFC 5280 4.2.1.1)", "use the certificate of this key") \
X(E_X509_SKI,        145, 65, "subject key identifier is wrong (RFC 5280 4.2.1.2)", "use the SHA-1 of the public key bits") \
X(E_X509_TIME,       146, 65, "time is not encoded as RFC 5280 4.1.2.5 says", "UTCTime through 2049, GeneralizedTime from 2050") \
X(E_X509_NOT_BEFORE, 147,  1, "notBefore is outside [now - 1 h, now + 5 min]", "do not pre- or postdate") \
X(E_X509_LIFETIME,   148,  1, "lifetime is longer than the key's limit", "ask for a shorter lifetime") \
X(E_X509_URI,        149, 65, "URI of CRL or AIA is malformed (RFC 5280 4.2.1.13)", "use an http or https URI") \
X(E_CRL_NUMBER,      150,  1, "CRL number is not the recorded one plus 1 (RFC 5280 5.2.3)", "build the CRL on the last one") \
X(E_CRL_DROPPED,     151,  1, "an unexpired entry of the previous CRL is missing (RFC 5280 5.3)", "keep every unexpired entry; for a list of the root give the last one") \
X(E_CRL_WINDOW,      152,  1, "thisUpdate or nextUpdate is outside its limits (RFC 5280 5.1.2)", "at most 7 days; a list of the root 366 days, not beyond the root") \
X(E_CRL_FORM,        153, 65, "CRL does not have the accepted form (RFC 5280 5.1)", "v2, cRLNumber and authorityKeyIdentifier only") \
X(E_OCSP_FORM,       154, 65, "OCSP response data does not have the accepted form (RFC 6960 4.2.1)", "1 to 32 responses, each with nextUpdate and without extensions") \
X(E_OCSP_VERSION,    155, 65, "OCSP response data is not v1 (RFC 6960 4.2.1)", "use version 1, which DER leaves out") \
X(E_OCSP_RESPONDER,  156,  1, "responder is not the key itself, named by its hash (RFC 6960 4.2.2.3)", "use byKey with the SHA-1 of this key") \
X(E_OCSP_ISSUER,     157,  1, "response is about a certificate of another issuer than the key's (RFC 6960 4.1.1)", "use an ocsp key of that issuer") \
X(E_OCSP_PRODUCED,   158,  1, "producedAt is outside [now - 1 h, now + 5 min] (RFC 6960 4.2.2.1)", "do not pre- or postdate") \
X(E_OCSP_WINDOW,     159,  1, "thisUpdate or nextUpdate is outside its limits (RFC 6960 4.2.2.1)", "thisUpdate in [now - 1 h, now + 5 min], nextUpdate at most 24 h later") \
X(E_CSR,             160, 65, "certification request is malformed (RFC 2986 4)", "make a new request") \
X(E_CSR_POP,         161,  1, "request is not signed by its own key (RFC 2986 4.2)", "sign the request with the key in it") \
X(E_CSR_EXT,         162, 65, "request asks for what is not given", "leave extension requests out") \
X(E_CSR_KEY,         163, 65, "key of the request is not accepted", "use a P-256 key") \
X(E_SPKI_SEEN,       164,  1, "this key was revoked or belongs to somebody else", "make a new key") \
X(E_INVITE,          165,  1, "invite is unknown, used or expired", "ask the administrator for a new invite") \
X(E_PIN,             166,  1, "root certificate does not have the pinned key", "do not go on; ask the administrator for a new invite") \
X(E_PEM,             167, 65, "not PEM of the expected type (RFC 7468)", "give the right file") \
X(E_OCSP_EXT,        168, 65, "OCSP response has another extension than a nonce of at most 128 bytes (RFC 6960 4.4)", "leave it out") \
X(E_OCSP_HASH,       169, 65, "certID does not use SHA-1 or SHA-256 (RFC 6960 4.1.1)", "use one of the two") \
X(E_TLS_CV,          170,  1, "input is not the server's CertificateVerify of TLS 1.3 (RFC 8446 4.4.3)", "a tls key signs nothing else; TLS 1.2 and client authentication need a plain key") \
X(E_CRL_EMERGENCY,   171,  1, "this is the root's emergency list", "keep it off the box; publish it elsewhere when the box is stolen")
/* clang-format on */

enum btz_rc {
#define BTZ_RC_ENUM(name, num, ex, text, hint) BTZ_##name = (num),
	BTZ_RC_LIST(BTZ_RC_ENUM)
#undef BTZ_RC_ENUM
};

/* Static texts; an unknown number gives a text that says so, never NULL. */
const char *btz_rc_name(uint32_t rc); /* "E_NOENT" */
const char *btz_rc_text(uint32_t rc);
const char *btz_rc_hint(uint32_t rc);
int btz_rc_exit(uint32_t rc);	      /* exit status of the command line */
/* A number read from the wire: unknown ones become BTZ_E_PROTO. */
enum btz_rc btz_rc_from_wire(uint32_t rc);

#endif
