//! How the provider is asked: without following redirects, for a bounded time, and for answers of a bounded size.

use super::{OidcConfig, ProviderError};
use anyhow::{Context, Result};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Certificate, Client, redirect::Policy};
use std::{pin::Pin, time::Duration};

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 1 << 20;

pub(super) struct Http(Client);

impl Http {
    pub fn new(config: &OidcConfig) -> Result<Self> {
        let mut http = Client::builder()
            // One leads where the provider's documents could not.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_WAIT_MAX)
            .timeout(ANSWER_WAIT_MAX);
        if let Some(path) = &config.ca {
            let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
            http = http.tls_built_in_root_certs(false);
            for certificate in Certificate::from_pem_bundle(&pem).with_context(|| path.display().to_string())? {
                http = http.add_root_certificate(certificate);
            }
        }
        Ok(Self(http.build()?))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let away = |error: reqwest::Error| ProviderError::Away(error.without_url().to_string());
        let request = reqwest::Request::try_from(request).map_err(away)?;
        let mut answer = self.0.execute(request).await.map_err(away)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(away)? {
            if body.len() + part.len() > ANSWER_BYTES_MAX {
                return Err(ProviderError::Away("its answer is longer than 1 MiB".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        let mut response = HttpResponse::new(body);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
