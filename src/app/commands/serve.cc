#include "app/command.h"
#include "app/server.h"

namespace aisle::app {

void DefineServe(CommandBuilder& command) {
  command.ServerOptions();
  command.Examples(
      {{"aisle serve", "on http://127.0.0.1:8000, until Ctrl-C"},
       {"aisle serve --listen 127.0.0.1:0 --threads 1", "any free port, one event loop"},
       {"aisle serve --listen unix:/run/aisle/aisle.sock",
        "for a proxy of the same user, without a port"},
       {"curl 'http://127.0.0.1:8000/recommend?customer_id=1000000&zip_code=10001'",
        "then ask it"}});
  command.Run([](Context& context) { return ServeUntilStopped(context); });
}

}  // namespace aisle::app
