//! A trait, a server and a client for each proto service.

use std::fmt::Write as _;

use prost_build::{Method, Service, ServiceGenerator};

use crate::names::{screaming, snake};

/// Writes beside the messages of a package what its services are made of.
///
/// The table of a service's methods is not written here but in [`crate::validate`]'s pass over the
/// contract: prost-build does not carry custom options.
pub(crate) struct Generator;

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, out: &mut String) {
        // Writing into a String cannot fail.
        let _ = trait_of(&service, out);
        let _ = server_of(&service, out);
        let _ = client_of(&service, out);
    }
}

fn signature(method: &Method) -> String {
    format!(
        "fn {}(&self, context: ::bus::Context, request: {}) -> impl Future<Output = ::bus::Result<{}>> + Send",
        snake(&method.proto_name),
        method.input_type,
        method.output_type,
    )
}

fn trait_of(service: &Service, out: &mut String) -> std::fmt::Result {
    service.comments.append_with_indent(0, out);
    writeln!(out, "pub trait {}: Send + Sync + 'static {{", service.proto_name)?;
    for method in &service.methods {
        method.comments.append_with_indent(1, out);
        writeln!(out, "    {};", signature(method))?;
    }
    writeln!(out, "}}")
}

fn server_of(service: &Service, out: &mut String) -> std::fmt::Result {
    let name = &service.proto_name;
    writeln!(
        out,
        "/// Serves a [`{name}`] on the bus.
pub struct {name}Server<T>(::std::sync::Arc<T>);
impl<T: {name}> {name}Server<T> {{
    /// Serves `service`.
    pub fn new(service: T) -> Self {{
        Self(::std::sync::Arc::new(service))
    }}
}}
impl<T: {name}> ::bus::Serve for {name}Server<T> {{
    fn methods(&self) -> &'static [::bus::Method] {{
        &{table}
    }}
    fn call(&self, index: usize, context: ::bus::Context, request: ::bus::Bytes) -> ::bus::BoxFuture<'static, ::bus::Result<::bus::Bytes>> {{
        let service = ::std::sync::Arc::clone(&self.0);
        match index {{",
        table = screaming(name),
    )?;
    for (index, method) in service.methods.iter().enumerate() {
        writeln!(
            out,
            "            {index} => ::bus::unary(context, request, move |context, request| async move {{ service.{}(context, request).await }}),",
            snake(&method.proto_name),
        )?;
    }
    writeln!(
        out,
        "            _ => ::std::boxed::Box::pin(::std::future::ready(Err(::bus::Status::new(::bus::Code::Internal, \"METHOD_UNKNOWN\", \"no such method\")))),
        }}
    }}
}}"
    )
}

fn client_of(service: &Service, out: &mut String) -> std::fmt::Result {
    let (name, table) = (&service.proto_name, screaming(&service.proto_name));
    writeln!(
        out,
        "/// Asks a [`{name}`] over the bus.
#[derive(Clone)]
pub struct {name}Client(pub ::bus::Client);
impl {name} for {name}Client {{"
    )?;
    for (index, method) in service.methods.iter().enumerate() {
        writeln!(
            out,
            "    async fn {}(&self, context: ::bus::Context, request: {}) -> ::bus::Result<{}> {{
        self.0.call(&{table}[{index}], &context, &request).await
    }}",
            snake(&method.proto_name),
            method.input_type,
            method.output_type,
        )?;
    }
    writeln!(out, "}}")
}
