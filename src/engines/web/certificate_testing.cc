#include "web/certificate_testing.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/files.h"

namespace aisle::web {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(BIO* memory) {
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(count)};
}

}  // namespace

PemPair MakeCertificate(const std::string& name, std::chrono::seconds valid) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  AISLE_ASSERT(key && made);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), static_cast<long>(valid.count()));
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(made.get(), subject);
  AISLE_ASSERT(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  const Bio certificate(BIO_new(BIO_s_mem()), BIO_free);
  const Bio secret(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(certificate.get(), made.get());
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {TextOf(certificate.get()), TextOf(secret.get())};
}

std::string Encrypted(const std::string& key) {
  const Bio in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
  const Key plain(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PKCS8PrivateKey(out.get(), plain.get(), EVP_aes_128_cbc(), "word", 4, nullptr,
                                nullptr);
  return TextOf(out.get());
}

TlsOptions WritePair(const std::filesystem::path& folder, const PemPair& pair) {
  TlsOptions options;
  options.certificate = folder / "certificate.pem";
  options.key = folder / "key.pem";
  AISLE_ASSERT(base::WriteFileAtomic(options.certificate, pair.certificate));
  AISLE_ASSERT(base::WriteFileAtomic(options.key, pair.key));
  return options;
}

std::shared_ptr<CertificateKeeper> KeepCertificate(const std::filesystem::path& folder,
                                                   const std::string& name) {
  auto keeper = CertificateKeeper::Start(WritePair(folder, MakeCertificate(name)));
  AISLE_ASSERT(keeper);
  return *std::move(keeper);
}

}  // namespace aisle::web
