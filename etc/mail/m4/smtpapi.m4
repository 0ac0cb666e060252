dnl smtpapi-milter for Sendmail. In sendmail.mc, behind your DAEMON_OPTIONS lines, before the MAILER lines
dnl and before the filters that shall see the message as it goes out (a DKIM signer, for example):
dnl
dnl   include(`/etc/mail/m4/smtpapi.m4')dnl
dnl
dnl then rebuild sendmail.cf (in Debian: make -C /etc/mail), restart Sendmail, and ask "smtpapictl doctor".
dnl
dnl All header fields of a message together. Sendmail's default, 32768, answers longer headers with 552.
define(`confMAX_HEADERS_LENGTH', `2097152')dnl
dnl
dnl Sendmail cannot give a filter a field of more than 65,533 octets, about 2,000 recipients, and answers 451
dnl then, again and again. So what is longer is refused for good; more fits into X-SMTPAPI-Part fields.
dnl (No rule set can look at such a field, but its length stays in the macro until the end of the header.)
LOCAL_CONFIG
Ksmtpapi_arith arith
HX-SMTPAPI: $>+SmtpapiField
HX-SMTPAPI-Part: $>+SmtpapiField
LOCAL_RULESETS
SSmtpapiField

Scheck_eoh
R$*	$: $(smtpapi_arith l $@ 65500 $@ $&{hdrlen} $)
RTRUE	$#error $@ 5.6.0 $: "552 X-SMTPAPI field too long, go on in X-SMTPAPI-Part fields"
divert(0)dnl
dnl
dnl The socket is milter.socket of smtpapi.conf. No folder of its path may be writable for a group or for all.
dnl F=T: while the milter is away mail is put off (451). Without it the message would go out unfiltered,
dnl X-SMTPAPI header and all. R:2m in place of 10 seconds: the store syncs its disk before the answer.
dnl The macros it needs, {auth_authen} among them, the milter asks for itself.
INPUT_MAIL_FILTER(`smtpapi', `S=local:/run/smtpapi/milter.sock, F=T, T=C:30s;S:30s;R:2m;E:5m')dnl
dnl
dnl Where smtpapi-queue hands in the copies (inject.server): loopback only, without login and TLS, and
dnl without this milter, or the copies would go round in circles. It relays for whoever reaches it.
dnl "InputMailFilters=" with nothing behind it means no filter; a DKIM signer belongs here:
dnl InputMailFilters=opendkim. Several are separated by semicolons.
DAEMON_OPTIONS(`Name=SmtpapiIn, Family=inet, Addr=127.0.0.1, Port=10026, M=EAS, InputMailFilters=')dnl
dnl
dnl Bounces: with inject.return-path = bounces@bounce.example.com in smtpapi.conf, and an MX record that
dnl leads here for bounce.example.com, all mail to that domain belongs to smtpapi-bounce. In front of the
dnl line that includes this file:
dnl
dnl   define(`SMTPAPI_BOUNCE_DOMAIN', `bounce.example.com')dnl
dnl
ifdef(`SMTPAPI_BOUNCE_DOMAIN', `RELAY_DOMAIN(SMTPAPI_BOUNCE_DOMAIN)dnl
MAILER_DEFINITIONS
Msmtpapi-bounce, P=/usr/sbin/smtpapi-bounce, F=lDFMhun8, S=0, R=0, L=0, D=/, U=smtpapi:smtpapi,
		T=DNS/RFC822/X-Unix, A=smtpapi-bounce -- $u
LOCAL_RULE_0
R$+ < @ SMTPAPI_BOUNCE_DOMAIN >	$#smtpapi-bounce $@ SMTPAPI_BOUNCE_DOMAIN $: $1 @ SMTPAPI_BOUNCE_DOMAIN
R$+ < @ SMTPAPI_BOUNCE_DOMAIN . >	$#smtpapi-bounce $@ SMTPAPI_BOUNCE_DOMAIN $: $1 @ SMTPAPI_BOUNCE_DOMAIN
divert(0)')dnl
