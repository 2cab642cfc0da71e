// A proxy for tests, on a port of 127.0.0.1: tunnels for CONNECT, and an answer of its own to everything else.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/server/http/certificates.h"

namespace vigia::server {

class TestProxy {
 public:
  // With an identity it is reached by TLS.
  explicit TestProxy(std::optional<TestIdentity> identity = std::nullopt)
      : fd_(socket(AF_INET, SOCK_STREAM, 0)), tls_(identity ? Context(*identity) : nullptr, &SSL_CTX_free) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(fd_, 16);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }
  ~TestProxy() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
    close(fd_);
  }
  std::string Url(const std::string& user_info = "") const {
    return std::string(tls_ ? "https" : "http") + "://" + user_info + "127.0.0.1:" + std::to_string(port_);
  }
  // The first lines of each connection, as they came.
  std::vector<std::string> heads() {
    const std::scoped_lock lock(mu_);
    return heads_;
  }

 private:
  // The client's side, encrypted or not.
  struct Client {
    int fd;
    SSL* ssl;
    int Read(char* to, int size) const {
      return ssl != nullptr ? SSL_read(ssl, to, size)
                            : static_cast<int>(recv(fd, to, static_cast<std::size_t>(size), 0));
    }
    bool Write(const char* from, int size) const {
      if (ssl != nullptr) return SSL_write(ssl, from, size) == size;
      return send(fd, from, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
    }
    bool pending() const { return ssl != nullptr && SSL_pending(ssl) > 0; }
  };

  static sockaddr_in Loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  static SSL_CTX* Context(const TestIdentity& identity) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    const auto bio = [](const std::string& pem) {
      return std::unique_ptr<BIO, int (*)(BIO*)>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    };
    const std::unique_ptr<X509, void (*)(X509*)> cert(
        PEM_read_bio_X509(bio(identity.cert_pem).get(), nullptr, nullptr, nullptr), &X509_free);
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
        PEM_read_bio_PrivateKey(bio(identity.key_pem).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    SSL_CTX_use_certificate(context, cert.get());
    SSL_CTX_use_PrivateKey(context, key.get());
    return context;
  }

  void Accept() {
    while (true) {
      const int fd = accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      connections_.emplace_back([this, fd] {
        Serve(fd);
        close(fd);
      });
    }
  }

  void Serve(int fd) {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(tls_ ? SSL_new(tls_.get()) : nullptr, &SSL_free);
    if (ssl != nullptr) {
      SSL_set_fd(ssl.get(), fd);
      if (SSL_accept(ssl.get()) != 1) return;
    }
    const Client client{fd, ssl.get()};
    std::string head;
    char chunk[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const int got = client.Read(chunk, sizeof(chunk));
      if (got <= 0) return;
      head.append(chunk, static_cast<std::size_t>(got));
    }
    {
      const std::scoped_lock lock(mu_);
      heads_.push_back(head);
    }
    if (head.starts_with("CONNECT ")) return Tunnel(client, head);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nby proxy\n";
    client.Write(answer.data(), static_cast<int>(answer.size()));
  }

  // Every host is this machine.
  static void Tunnel(const Client& client, const std::string& head) {
    const std::size_t colon = head.find(':');
    const sockaddr_in target = Loopback(static_cast<std::uint16_t>(std::stoi(head.substr(colon + 1))));
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool there = connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0;
    const std::string answer =
        there ? "HTTP/1.1 200 Connection established\r\n\r\n" : "HTTP/1.1 502 Bad Gateway\r\n\r\n";
    client.Write(answer.data(), static_cast<int>(answer.size()));
    while (there && PassOn(client, fd)) {
    }
    close(fd);
  }

  static bool PassOn(const Client& client, int target) {
    char chunk[16384];
    pollfd waits[] = {{client.fd, POLLIN, 0}, {target, POLLIN, 0}};
    if (!client.pending() && poll(waits, 2, 10'000) <= 0) return false;
    if (client.pending() || waits[0].revents != 0) {
      const int got = client.Read(chunk, sizeof(chunk));
      if (got <= 0 || send(target, chunk, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) return false;
    }
    if (waits[1].revents != 0) {
      const auto got = recv(target, chunk, sizeof(chunk), 0);
      if (got <= 0 || !client.Write(chunk, static_cast<int>(got))) return false;
    }
    return true;
  }

  const int fd_;
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls_;
  std::uint16_t port_ = 0;
  std::mutex mu_;
  std::vector<std::string> heads_;
  std::vector<std::thread> connections_;  // Of thread_, until it has ended.
  std::thread thread_;
};

}  // namespace vigia::server
