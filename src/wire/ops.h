/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.h - operation numbers, by callee. Append-only.
 * Request and answer bodies: the msg_*.h named in the comment; "-" is empty.
 */
#ifndef BTZ_WIRE_OPS_H
#define BTZ_WIRE_OPS_H

enum btz_op {
	/* 0x00xx: every program */
	BTZ_OP_PING = 0x0001, /* - / - */
	/* levels: ok, info (a fact), weak (a weakness), warning, error */
	BTZ_OP_STATUS = 0x0002,	  /* - / table (item, value, level) */
	BTZ_OP_LIST = 0x0003,	  /* list / table */
	BTZ_OP_PROGRESS = 0x0004, /* progress, only in answers with MORE */

	/* 0x01xx: kms. OPEN to the broker; the rest over the leased socket */
	BTZ_OP_OPEN = 0x0101,		 /* open / open_ok + fd */
	BTZ_OP_OPEN_HERE = 0x0102,	 /* open / open_ok; from then on this
					 * connection is the leased socket */
	BTZ_OP_GENERATE = 0x0110,	 /* generate / key_info */
	BTZ_OP_EXPORT_PUBLIC = 0x0111,	 /* key_ref / key_info */
	BTZ_OP_SIGN = 0x0112,		 /* sign / signature */
	BTZ_OP_VERIFY = 0x0113,		 /* verify / - */
	BTZ_OP_DESTROY = 0x0114,	 /* key_ref / - */
	BTZ_OP_LIST_KEYS = 0x0115,	 /* list_keys / key_rows */
	BTZ_OP_RANDOM = 0x0116,		 /* random / random_ok */
	BTZ_OP_CERTIFY_ISSUING = 0x0117, /* certify_issuing / certificate */
	BTZ_OP_PROVISION = 0x0118, /* provision / provision_ok (progress) */
	BTZ_OP_ROOT_CERT = 0x0119, /* - / certificate */
	BTZ_OP_SIGN_CHECKPOINT = 0x011a, /* checkpoint / checkpoint_ok */
	BTZ_OP_APPROVAL_NONCE = 0x011b,	 /* approval_request / challenge */
	BTZ_OP_APPROVAL_CANCEL = 0x011c, /* approval_ref / - */
	BTZ_OP_APPROVED = 0x011d,   /* approved / certificate (ROOT_CRL, else
				   * empty) */
	BTZ_OP_ENCRYPT = 0x0120,    /* crypt / crypt_ok */
	BTZ_OP_DECRYPT = 0x0121,    /* crypt / crypt_ok */
	BTZ_OP_MAC = 0x0122,	    /* mac / mac_ok */
	BTZ_OP_MAC_VERIFY = 0x0123, /* mac / - */
	BTZ_OP_DERIVE = 0x0124,	    /* derive / secret_ok */
	BTZ_OP_HASH = 0x0125,	    /* hash / hash_ok */
	BTZ_OP_REWRAP = 0x0126,	    /* rewrap / rewrap_ok */
	BTZ_OP_IMPORT = 0x0127,	    /* import / key_info */
	BTZ_OP_EXPORT_PRIVATE = 0x0128, /* key_ref / secret_ok */
	BTZ_OP_ROTATE = 0x0129,		/* key_ref / key_info */
	BTZ_OP_KEY_CHANGE = 0x012a,	/* key_set / key_info */
	BTZ_OP_BACKUP = 0x012b,		/* key_ref / backup_ok */
	BTZ_OP_RESTORE = 0x012c,	/* restore / key_info */
	BTZ_OP_OFFERS = 0x012d,		/* - / offers */
	BTZ_OP_TRANSPORT = 0x012e,	/* - / certificate (a signed note) */
	BTZ_OP_ATTEST = 0x012f,		/* attest / attested */

	/* 0x02xx: broker control. GRANT..WITHDRAW: broker to crypto */
	BTZ_OP_GRANT = 0x0201,	      /* lease + fd / - */
	BTZ_OP_NARROW = 0x0202,	      /* lease / - */
	BTZ_OP_WITHDRAW = 0x0203,     /* lease_ref / - */
	BTZ_OP_LEASE_REVOKE = 0x0210, /* lease_ref / - (administrator) */

	/* 0x03xx: ca */
	BTZ_OP_CA_INIT = 0x0301,       /* ca_init / certificate (issuing) */
	BTZ_OP_REVOKE = 0x0302,	       /* revoke / revoke_ok */
	BTZ_OP_ISSUE_SERVER = 0x0303,  /* issue_server / chain */
	BTZ_OP_CHAIN = 0x0304,	       /* - / chain (issuing, root) */
	BTZ_OP_CRL = 0x0305,	       /* ca_ref / certificate (CRL, DER) */
	BTZ_OP_ROOT_CRL = 0x0306,      /* certificate (CRL of the root) / - */
	BTZ_OP_CA_RENEW = 0x0307,      /* ca_renew / certificate (issuing) */
	BTZ_OP_CA_RENEW_PLAN = 0x0308, /* ca_renew_plan / approve_issuing */
	BTZ_OP_ISSUE_VPN = 0x030a,     /* issue_vpn / chain; from vpn only */

	/* 0x04xx: access. RESERVE..STATES: from ca only */
	BTZ_OP_INVITE_RESERVE = 0x0401, /* invite_reserve / invite_reserve_ok */
	BTZ_OP_CREDENTIAL_ADD = 0x0402, /* credential_add / credential_ok */
	BTZ_OP_CREDENTIAL_DISABLE = 0x0403, /* credential_ref / credential_ok */
	BTZ_OP_CREDENTIAL_STATES = 0x0404,  /* list / credential_rows */
	BTZ_OP_CHANGE = 0x0410,		    /* change / change_ok */
	BTZ_OP_EXPLAIN = 0x0411,	    /* explain / explain_ok */
	BTZ_OP_ACCESS_INIT = 0x0412,	    /* access_init / - */

	/* 0x05xx: audit */
	BTZ_OP_APPEND = 0x0501,		/* audit / audit_ok when waited for */
	BTZ_OP_TAIL = 0x0502,		/* tail / tail_ok */
	BTZ_OP_AUDIT_INIT = 0x0503,	/* audit_init / - */
	BTZ_OP_CHECKPOINT_NOW = 0x0504, /* - / checkpoint_ok */

	/* 0x06xx: HTTP relay, from the Apache module to ca */
	BTZ_OP_HTTP = 0x0601, /* http / http_ok */

	/* 0x07xx: TA commands, see msg_ta.h */

	/* 0x09xx: vpn */
	BTZ_OP_VPN_KILL = 0x0901, /* vpn_ref / - */

	/* 0x08xx: supervisor. EDGE, STOP: up to child; READY, HUNG: child to up */
	BTZ_OP_EDGE = 0x0801,	     /* edge + fd, event */
	BTZ_OP_READY = 0x0802,	     /* -, event */
	BTZ_OP_CHILD_STOP = 0x0803,  /* -, event */
	BTZ_OP_CHILD_HUNG = 0x0804,  /* child_hung, event */
	BTZ_OP_UP_STOP = 0x0810,     /* - / - */
	BTZ_OP_HTTPS_RENEW = 0x0811, /* - / - (progress) */
	BTZ_OP_SHARE_DIR = 0x0812,   /* share_dir / - */
};

#endif
