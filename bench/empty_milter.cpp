// A filter with the callbacks of smtpapi-milter that does nothing in them: what passing a message
// costs MTA and libmilter alone.
//
//   empty_milter SOCKET            asks for the same steps as smtpapi-milter and ends at the header
//   empty_milter SOCKET default    negotiates nothing: every step with a reply, and the whole body
#include <libmilter/mfapi.h>
#include <sys/stat.h>

#include <cstdio>
#include <string_view>

namespace {

bool negotiates = true;

sfsistat on_negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* our_actions, unsigned long* our_steps,
                      unsigned long* our_words2, unsigned long* our_words3) {
  if (!negotiates) return SMFIS_ALL_OPTS;
  *our_actions = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT |
                            SMFIF_DELRCPT | SMFIF_SETSYMLIST);
  *our_steps =
      steps & (SMFIP_HDR_LEADSPC | SMFIP_SKIP | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
               SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NODATA | SMFIP_NOUNKNOWN);
  *our_words2 = *our_words3 = 0;
  char names[] = "i";
  for (const int stage :
       {SMFIM_CONNECT, SMFIM_HELO, SMFIM_ENVFROM, SMFIM_ENVRCPT, SMFIM_EOH, SMFIM_EOM})
    smfi_setsymlist(ctx, stage, names);
  return SMFIS_CONTINUE;
}

sfsistat silent() { return negotiates ? SMFIS_NOREPLY : SMFIS_CONTINUE; }

sfsistat on_connect(SMFICTX*, char*, sockaddr*) { return silent(); }
sfsistat on_helo(SMFICTX*, char*) { return silent(); }
sfsistat on_envfrom(SMFICTX*, char**) { return silent(); }
sfsistat on_envrcpt(SMFICTX*, char**) { return silent(); }
sfsistat on_header(SMFICTX*, char*, char*) { return silent(); }
sfsistat on_eoh(SMFICTX*) { return negotiates ? SMFIS_ACCEPT : SMFIS_CONTINUE; }
sfsistat on_body(SMFICTX*, unsigned char*, std::size_t) { return SMFIS_CONTINUE; }
sfsistat on_eom(SMFICTX*) { return SMFIS_ACCEPT; }
sfsistat on_abort(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_close(SMFICTX*) { return SMFIS_CONTINUE; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "Usage: %s SOCKET [default]\n", argv[0]);
    return 64;
  }
  negotiates = argc < 3 || std::string_view(argv[2]) != "default";

  char name[] = "empty_milter";
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT | SMFIF_DELRCPT;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_envfrom;
  filter.xxfi_envrcpt = on_envrcpt;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_eoh;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_eom;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;
  umask(007);
  if (smfi_register(filter) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS ||
      smfi_opensocket(true) != MI_SUCCESS) {
    std::perror(argv[1]);
    return 1;
  }
  return smfi_main() == MI_SUCCESS ? 0 : 1;
}
