"use strict";

window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  // The key stays in the page: it is typed anew after a reload.
  persistAuthorization: false,
  // Swagger's own server would be asked otherwise.
  validatorUrl: null,
});
