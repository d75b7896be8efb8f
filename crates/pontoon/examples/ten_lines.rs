//! A server written with rmcp, on every transport and revision.
//!
//! ```text
//! cargo run -p pontoon --example ten_lines
//! pontoon call http://127.0.0.1:3000/mcp greet name=Ada
//! ```

use pontoon::{Gateway, Server};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{schemars, tool, tool_router};

struct Greeter;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Greeting {
    /// Who is greeted.
    name: String,
}

#[tool_router(server_handler)]
impl Greeter {
    #[tool(description = "Greets somebody")]
    fn greet(&self, Parameters(Greeting { name }): Parameters<Greeting>) -> String {
        format!("Hello, {name}!")
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gateway = Gateway::builder()
        .server(Server::in_process("greeter", || Greeter))
        .build()?;
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/mcp and /sse", listener.local_addr()?);
    gateway.serve(listener).await;
    Ok(())
}
